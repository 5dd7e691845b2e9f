//! The syntax that go.mod and go.work share: lines of words, blocks of lines, comments (x/mod `modfile/read.go`).

use super::{GoModError, GoModReason};

/// One line of words, alone or within a block.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// Which line of the file, from 1.
    pub(super) number: usize,
    /// The words, in quotes where they stand in quotes.
    pub(super) words: Vec<String>,
    /// The comments on the lines above, each with its `//`; a blank line between them is an empty one.
    pub(super) above: Vec<String>,
    /// The comment at its end, with its `//`.
    pub(super) comment: Option<String>,
}

/// What stands at the top level.
#[derive(Clone, Debug)]
pub(super) enum Statement {
    /// `require example.com/a v1.2.3`
    Line(Line),
    /// `require (`, lines, `)`
    Block {
        /// What stands before the parenthesis, with the comments above it.
        head: Line,
        /// What stands within.
        lines: Vec<Line>,
    },
}

/// Reads the whole text.
///
/// # Errors
/// What is no such syntax; Go's words for it.
pub(super) fn parse(text: &str) -> Result<Vec<Statement>, GoModError> {
    let mut tokens = Tokens {
        rest: text,
        line: 1,
        fresh: true,
    };
    let mut statements = Vec::new();
    let mut above = Vec::new();
    loop {
        let token = tokens.next()?;
        match token.kind {
            Kind::End => return Ok(statements),
            // A blank line parts a comment from what follows.
            Kind::Newline => above.clear(),
            Kind::Comment => above.push(token.text.to_owned()),
            _ => statements.push(tokens.statement(&token, std::mem::take(&mut above))?),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    End,
    Newline,
    /// A comment with nothing before it on its line; the line's end is part of it.
    Comment,
    /// A comment after something; the line's end is part of it.
    EndOfLineComment,
    Word,
    Open,
    Close,
}

impl Kind {
    fn ends_line(self) -> bool {
        matches!(self, Self::End | Self::Newline | Self::EndOfLineComment)
    }
}

#[derive(Clone, Debug)]
struct Token<'a> {
    kind: Kind,
    text: &'a str,
    line: usize,
}

#[derive(Clone)]
struct Tokens<'a> {
    rest: &'a str,
    line: usize,
    /// Whether nothing stood on the line yet.
    fresh: bool,
}

impl<'a> Tokens<'a> {
    fn error<T>(&self, reason: GoModReason) -> Result<T, GoModError> {
        Err(GoModError {
            line: self.line,
            reason,
        })
    }

    fn next(&mut self) -> Result<Token<'a>, GoModError> {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r']);
        let Some(first) = self.rest.chars().next() else {
            return Ok(self.take(0, Kind::End));
        };
        if self.rest.starts_with("//") {
            let kind = if self.fresh {
                Kind::Comment
            } else {
                Kind::EndOfLineComment
            };
            let end = self.rest.find('\n');
            let mut token = self.take(end.map_or(self.rest.len(), |end| end + 1), kind);
            token.text = token.text.strip_suffix('\n').unwrap_or(token.text);
            token.text = token.text.strip_suffix('\r').unwrap_or(token.text);
            if end.is_some() {
                self.line += 1;
                self.fresh = true;
            }
            return Ok(token);
        }
        if self.rest.starts_with("/*") {
            return self.error(GoModReason::BlockComment);
        }
        match first {
            '\n' => {
                let token = self.take(1, Kind::Newline);
                self.line += 1;
                self.fresh = true;
                Ok(token)
            }
            '(' => Ok(self.take(1, Kind::Open)),
            ')' => Ok(self.take(1, Kind::Close)),
            '[' | ']' | '{' | '}' | ',' => Ok(self.take(1, Kind::Word)),
            '"' | '`' => self.string(first),
            c if !is_word(c) => self.error(GoModReason::Char(c)),
            _ => self.word(),
        }
    }

    fn take(&mut self, length: usize, kind: Kind) -> Token<'a> {
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        self.fresh = false;
        Token {
            kind,
            text,
            line: self.line,
        }
    }

    fn string(&mut self, quote: char) -> Result<Token<'a>, GoModError> {
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '\n' => return self.error(GoModReason::NewlineInString),
                c if c == quote => return Ok(self.take(at + 1, Kind::Word)),
                '\\' if quote == '"' => match chars.next() {
                    Some(_) => {}
                    None => break,
                },
                _ => {}
            }
        }
        self.error(GoModReason::EndInString)
    }

    fn word(&mut self) -> Result<Token<'a>, GoModError> {
        let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
        let word = &self.rest[..end];
        let slashes = word.find("//");
        let stars = word.find("/*");
        match (slashes, stars) {
            (Some(at), stars) if stars.is_none_or(|stars| at < stars) => {
                Ok(self.take(at, Kind::Word))
            }
            (_, Some(_)) => self.error(GoModReason::BlockComment),
            _ => Ok(self.take(end, Kind::Word)),
        }
    }

    fn peek(&self) -> Result<Token<'a>, GoModError> {
        self.clone().next()
    }

    /// A statement, from its first word on (`parseStmt`).
    fn statement(
        &mut self,
        first: &Token<'_>,
        above: Vec<String>,
    ) -> Result<Statement, GoModError> {
        let mut line = Line::begun(first, above);
        loop {
            let token = self.next()?;
            if token.kind.ends_line() {
                line.comment = comment(&token);
                return Ok(Statement::Line(line));
            }
            if token.kind == Kind::Open {
                let next = self.peek()?;
                if next.kind.ends_line() {
                    let lines = self.block(line.number)?;
                    return Ok(Statement::Block { head: line, lines });
                }
                if next.kind == Kind::Close {
                    line.words.push(token.text.to_owned());
                    let close = self.next()?;
                    if self.peek()?.kind.ends_line() {
                        self.next()?;
                        line.words.pop();
                        return Ok(Statement::Block {
                            head: line,
                            lines: Vec::new(),
                        });
                    }
                    line.words.push(close.text.to_owned());
                    continue;
                }
            }
            line.words.push(token.text.to_owned());
        }
    }

    /// What stands in a block, up to the line's end after its closing parenthesis (`parseLineBlock`).
    fn block(&mut self, opened: usize) -> Result<Vec<Line>, GoModError> {
        let mut lines = Vec::new();
        let mut above: Vec<String> = Vec::new();
        loop {
            let token = self.next()?;
            match token.kind {
                Kind::EndOfLineComment => {}
                Kind::Newline => {
                    let worth = match above.last() {
                        Some(last) => !last.is_empty(),
                        None => !lines.is_empty(),
                    };
                    if worth {
                        above.push(String::new());
                    }
                }
                Kind::Comment => above.push(token.text.to_owned()),
                Kind::End => return self.error(GoModReason::Unterminated(opened)),
                Kind::Close => {
                    if !self.peek()?.kind.ends_line() {
                        return self.error(GoModReason::AfterBlock);
                    }
                    self.next()?;
                    return Ok(lines);
                }
                Kind::Word | Kind::Open => {
                    lines.push(self.line_in_block(&token, std::mem::take(&mut above))?);
                }
            }
        }
    }

    fn line_in_block(&mut self, first: &Token<'_>, above: Vec<String>) -> Result<Line, GoModError> {
        let mut line = Line::begun(first, above);
        loop {
            let token = self.next()?;
            if token.kind.ends_line() {
                line.comment = comment(&token);
                return Ok(line);
            }
            line.words.push(token.text.to_owned());
        }
    }
}

impl Line {
    /// A line of which the first word was met.
    fn begun(first: &Token<'_>, above: Vec<String>) -> Self {
        Self {
            number: first.line,
            words: vec![first.text.to_owned()],
            above,
            comment: None,
        }
    }
}

fn comment(token: &Token<'_>) -> Option<String> {
    (token.kind == Kind::EndOfLineComment).then(|| token.text.to_owned())
}

/// Whether a character may stand in a word outside of quotes (`isIdent`): what can be printed, but no space and no
/// punctuation of the syntax. Beyond ASCII, what cannot be printed are controls, spaces and the characters that only
/// format, the byte order mark among them.
fn is_word(c: char) -> bool {
    const FORMAT: [(u32, u32); 21] = [
        (0xAD, 0xAD),
        (0x600, 0x605),
        (0x61C, 0x61C),
        (0x6DD, 0x6DD),
        (0x70F, 0x70F),
        (0x890, 0x891),
        (0x8E2, 0x8E2),
        (0x180E, 0x180E),
        (0x200B, 0x200F),
        (0x202A, 0x202E),
        (0x2060, 0x206F),
        (0xE000, 0xF8FF),
        (0xFEFF, 0xFEFF),
        (0xFFF0, 0xFFFB),
        (0x110BD, 0x110BD),
        (0x110CD, 0x110CD),
        (0x13430, 0x1343F),
        (0x1BCA0, 0x1BCA3),
        (0x1D173, 0x1D17A),
        (0xE0000, 0xE007F),
        (0xF0000, 0x10_FFFF),
    ];
    match c {
        ' ' | '(' | ')' | '[' | ']' | '{' | '}' | ',' => false,
        c if c.is_ascii() => c.is_ascii_graphic(),
        c => {
            let code = u32::from(c);
            !c.is_control()
                && !c.is_whitespace()
                && !FORMAT
                    .iter()
                    .any(|&(low, high)| (low..=high).contains(&code))
        }
    }
}
