//! The plain way to drive an inquiry: one thing after the other, from a source that blocks.

use crate::Error;
use crate::client::Client;
use crate::inquiry::{Inquiry, Proved, Step};
use crate::record::Module;
use crate::tile::Tile;

/// Where the answers of a checksum database come from: from what is kept, from an upstream, from a test's own log. Nothing
/// that it gives is believed.
pub trait Source {
    /// Why there is no answer.
    type Error;

    /// The answer to `/lookup/<module>@<version>`.
    ///
    /// # Errors
    /// Where there is none.
    fn look_up(&mut self, module: &Module) -> Result<Vec<u8>, Self::Error>;

    /// The answer to `/latest`.
    ///
    /// # Errors
    /// Where there is none.
    fn latest(&mut self) -> Result<Vec<u8>, Self::Error>;

    /// A tile, or a wider one at the same coordinates.
    ///
    /// # Errors
    /// Where there is none.
    fn tile(&mut self, tile: Tile) -> Result<Vec<u8>, Self::Error>;
}

/// Why an inquiry came to no end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stopped<E> {
    /// The source had no answer.
    #[error("the checksum database could not be asked: {0}")]
    Source(E),
    /// What it gave is refused.
    #[error(transparent)]
    Refused(#[from] Error),
}

impl Inquiry {
    /// Carries the inquiry to its end.
    ///
    /// # Errors
    /// [`Stopped`], with the cause.
    pub fn run<S: Source>(
        mut self,
        client: &mut Client,
        source: &mut S,
    ) -> Result<Proved, Stopped<S::Error>> {
        loop {
            match self.step(client)? {
                Step::Lookup => {
                    let module = self.module().ok_or(Error::OutOfTurn)?;
                    let answer = source.look_up(module).map_err(Stopped::Source)?;
                    self.answer(&answer)?;
                }
                Step::Latest => {
                    let answer = source.latest().map_err(Stopped::Source)?;
                    self.answer(&answer)?;
                }
                Step::Tiles(asked) => {
                    let tiles: Result<Vec<_>, _> = asked
                        .into_iter()
                        .map(|tile| Ok((tile, source.tile(tile)?)))
                        .collect();
                    self.tiles(tiles.map_err(Stopped::Source)?)?;
                }
                Step::Done(proved) => return Ok(*proved),
            }
        }
    }
}
