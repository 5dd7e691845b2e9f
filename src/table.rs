//! Lines in columns: widths grow with what was shown, so that a table can also be told line by line.

use crate::human::plain;
use crate::output::{PLAIN, Style};

/// On which side a column's text stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// One text of one line.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// In this style.
    pub(crate) fn styled(text: &str, style: Style) -> Self {
        Self {
            text: plain(text),
            style,
        }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::styled(text.as_ref(), PLAIN)
    }
}

/// The columns of a table.
#[derive(Clone, Debug)]
pub(crate) struct Columns<const N: usize> {
    sides: [Side; N],
    widths: [usize; N],
    widest: usize,
}

impl<const N: usize> Columns<N> {
    /// Columns that are as wide as what they show, and `widest` characters at most: a longer text stands out of its
    /// column rather than push all others away.
    pub(crate) fn new(sides: [Side; N], widest: usize) -> Self {
        Self {
            sides,
            widths: [0; N],
            widest,
        }
    }

    /// Makes room for these lines.
    pub(crate) fn fit<'a>(&mut self, lines: impl IntoIterator<Item = &'a [Cell; N]>) {
        for line in lines {
            for (width, cell) in self.widths.iter_mut().zip(line) {
                *width = cell.width().min(self.widest).max(*width);
            }
        }
    }

    /// One line of text, with its end.
    pub(crate) fn line(&self, cells: &[Cell; N]) -> String {
        let mut line = String::new();
        let last = cells
            .iter()
            .rposition(|cell| !cell.text.is_empty())
            .unwrap_or(0);
        for (at, cell) in cells.iter().enumerate().take(last + 1) {
            let Cell { text, style } = cell;
            let pad = " ".repeat(self.widths[at].saturating_sub(cell.width()));
            if at > 0 {
                line += "  ";
            }
            match self.sides[at] {
                Side::Right => line += &format!("{pad}{style}{text}{style:#}"),
                Side::Left if at == last => line += &format!("{style}{text}{style:#}"),
                Side::Left => line += &format!("{style}{text}{style:#}{pad}"),
            }
        }
        line.push('\n');
        line
    }

    /// All of a table at once.
    pub(crate) fn render(&mut self, lines: &[[Cell; N]]) -> String {
        self.fit(lines);
        lines.iter().map(|line| self.line(line)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::STRONG;

    #[test]
    fn columns_stand_below_each_other_whatever_their_colour() {
        let mut columns = Columns::new([Side::Left, Side::Right, Side::Left], 20);
        let text = columns.render(&[
            ["name".into(), "size".into(), "note".into()],
            ["größe".into(), Cell::styled("12 B", STRONG), "".into()],
            ["x".into(), "3.4 MiB".into(), "last".into()],
        ]);
        let text = anstream::adapter::strip_str(&text).to_string();
        assert_eq!(
            text,
            "name      size  note\ngröße     12 B\nx      3.4 MiB  last\n"
        );
    }

    #[test]
    fn a_long_text_stands_out_of_its_column() {
        let mut columns = Columns::new([Side::Left, Side::Left], 5);
        let text = columns.render(&[["a".into(), "b".into()], ["0123456789".into(), "c".into()]]);
        assert_eq!(text, "a      b\n0123456789  c\n");
    }

    #[test]
    fn columns_only_grow() {
        let mut columns = Columns::new([Side::Left, Side::Left], 20);
        columns.fit(&[["long".into(), "".into()]]);
        columns.fit(&[["s".into(), "".into()]]);
        assert_eq!(columns.line(&["s".into(), "t".into()]), "s     t\n");
    }
}
