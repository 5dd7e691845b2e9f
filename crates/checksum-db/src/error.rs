//! Why something of a checksum database is refused: each refusal has a variant of its own.

use crate::fork::Fork;
use crate::record::{Line, Module};
use crate::tile::{Coordinates, Tile};

/// A refusal. None of them lets anything through: what was asked for is not verified.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not `<name>+<hash>+<key>`.
    #[error(
        "the key of the checksum database is malformed; it must be <name>+<8 hex digits>+<base64>, as the database publishes it"
    )]
    MalformedKey,
    /// The hash in a key is not that of its name and bytes.
    #[error(
        "the key of the checksum database {name} has another hash than it states; it was mistyped or altered, so copy it once more"
    )]
    KeyHash {
        /// The name in the key.
        name: String,
    },
    /// A key that is not of Ed25519.
    #[error(
        "the key of the checksum database {name} is for the signature algorithm {algorithm}; Go and Larder know Ed25519 (1) alone"
    )]
    KeyAlgorithm {
        /// The name in the key.
        name: String,
        /// The algorithm byte.
        algorithm: u8,
    },
    /// Not a signed note.
    #[error("what should be signed by the checksum database is no signed note: {reason}")]
    MalformedNote {
        /// What is wrong with its form.
        reason: &'static str,
    },
    /// The signature that states this key was not made by it over this text: the text is forged or damaged.
    #[error(
        "the signature of the checksum database {name} is wrong: what was signed was altered on its way, or is forged"
    )]
    WrongSignature {
        /// The database's name.
        name: String,
    },
    /// No signature states this key.
    #[error(
        "the checksum database {name} has not signed this with the key that is known of it; look whether the key is still the one it publishes"
    )]
    NotSigned {
        /// The database's name.
        name: String,
    },
    /// The signed text is not that of a tree.
    #[error("what the checksum database signed is not the head of its tree")]
    MalformedTree,
    /// Not the canonical path of a tile.
    #[error(
        "this is not the path of a tile; it must be tile/<height>/<level>/<number>[.p/<width>]"
    )]
    MalformedTilePath,
    /// Not the answer to a look-up.
    #[error("the answer to the look-up is malformed: {reason}")]
    MalformedAnswer {
        /// What is wrong with its form.
        reason: &'static str,
    },
    /// A path or version that can't stand in a record.
    #[error(
        "no checksum database has such a module: its path and version must be without white space"
    )]
    MalformedModule,
    /// A record, or an older tree, that the tree does not reach to.
    #[error(
        "the checksum database spoke of record {id}, which its tree of {size} records does not have yet; ask again"
    )]
    NotInTree {
        /// The record's id.
        id: u64,
        /// Records of the tree.
        size: u64,
    },
    /// A tile that the tree does not have in this width.
    #[error("the checksum database's tree of {size} records has no tile {tile}")]
    NotOfTree {
        /// The tile.
        tile: Tile,
        /// Records of the tree.
        size: u64,
    },
    /// Not enough bytes for the tile, or no tile's bytes.
    #[error(
        "{length} bytes came for {tile}, which has {}; the upstream passes the checksum database on wrongly",
        tile.byte_len()
    )]
    TileLength {
        /// The tile.
        tile: Tile,
        /// How many bytes there were.
        length: usize,
    },
    /// A tile without which nothing is proven.
    #[error("{tile} is needed for the proof and was not given")]
    MissingTile {
        /// The tile.
        tile: Tile,
    },
    /// The tiles at the edge do not make the root that is signed: at least one of them is wrong.
    #[error(
        "the last tiles of the checksum database do not make its signed tree of {size} records; one of them was altered on its way or is damaged"
    )]
    WrongEdge {
        /// Records of the tree.
        size: u64,
    },
    /// A tile is not what the tile above it says.
    #[error(
        "tile {} of level {} of the checksum database is not the one that was signed; it was altered on its way or is damaged",
        at.n, at.level
    )]
    WrongTile {
        /// Where the tile stands.
        at: Coordinates,
    },
    /// The text of a record is not the one in the log.
    #[error(
        "the record {id} that came for {module} is not the one in the checksum database; it was altered on its way, or is forged"
    )]
    WrongRecord {
        /// What was looked up.
        module: Module,
        /// The id of the record.
        id: u64,
    },
    /// The record is in the log, and does not have the line that was to be in it.
    #[error(
        "the record {id} of the checksum database has no line `{line}` for {module}; it is another module's record"
    )]
    NoLine {
        /// What was looked up.
        module: Module,
        /// The id of the record.
        id: u64,
        /// Which of the lines.
        line: Line,
    },
    /// The record has a line more than once, or with something that is no hash.
    #[error("the record {id} of the checksum database has no clear line `{line}` for {module}")]
    UnclearLine {
        /// What was looked up.
        module: Module,
        /// The id of the record.
        id: u64,
        /// Which of the lines.
        line: Line,
    },
    /// Two trees are signed, and both can't be true.
    #[error("{0}")]
    Fork(Box<Fork>),
    /// There is no signed head yet, so nothing can be proven.
    #[error(
        "no tree of the checksum database is known yet; go online once, so that there is one to prove with"
    )]
    NoHead,
    /// An inquiry was given something that it did not ask for.
    #[error("the inquiry did not ask for this; ask it for its next step")]
    OutOfTurn,
}
