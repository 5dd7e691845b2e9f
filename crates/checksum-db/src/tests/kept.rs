//! What is kept of a database, as the layers above keep it: records, and the widest tile at each of its coordinates.

use std::collections::BTreeMap;

use super::log::{Absent, id_of};
use crate::record::answer;
use crate::{Client, Coordinates, Module, Proved, Source, Tile, coordinates};

#[derive(Clone, Default)]
pub(super) struct Kept {
    pub(super) records: BTreeMap<u64, String>,
    pub(super) tiles: BTreeMap<Coordinates, Vec<u8>>,
}

impl Kept {
    pub(super) fn keep(&mut self, proved: &Proved) {
        for (tile, bytes) in &proved.tiles {
            let kept = self.tiles.entry(tile.at()).or_default();
            if kept.len() < bytes.len() {
                *kept = bytes.clone();
            }
        }
        if let Some(record) = &proved.record {
            self.records.insert(record.id(), record.text().to_owned());
        }
    }

    /// A tile, cut from what is kept.
    pub(super) fn tile(&self, tile: Tile) -> Option<Vec<u8>> {
        tile.cut(self.tiles.get(&tile.at())?).map(<[u8]>::to_vec)
    }

    /// Whether the tiles at the coordinates of `x` are there, as wide as in the tree of `size` records.
    pub(super) fn has_all_of(&self, x: u64, size: u64) -> bool {
        coordinates::of(x, size).all(|tile| self.tile(tile).is_some())
    }

    /// A proxy without a network: it has what is kept, and what this client knows.
    pub(super) fn served_by<'a>(&'a self, client: &'a Client) -> Offline<'a> {
        Offline {
            kept: self,
            client,
            own: Kept::default(),
        }
    }
}

/// The source of a client that asks such a proxy.
pub(super) struct Offline<'a> {
    kept: &'a Kept,
    client: &'a Client,
    /// The tiles that the asking client has kept itself.
    pub(super) own: Kept,
}

impl Source for Offline<'_> {
    type Error = Absent;

    fn look_up(&mut self, module: &Module) -> Result<Vec<u8>, Absent> {
        let absent = || Absent(module.to_string());
        let id = id_of(module);
        let text = self.kept.records.get(&id).ok_or_else(absent)?;
        let head = self.client.head_under(id).ok_or_else(absent)?;
        Ok(answer(id, text, head).into_bytes())
    }

    fn latest(&mut self) -> Result<Vec<u8>, Absent> {
        let newest = self.client.newest().ok_or(Absent("latest".to_owned()))?;
        Ok(newest.note().as_bytes().to_vec())
    }

    fn tile(&mut self, tile: Tile) -> Result<Vec<u8>, Absent> {
        let own = self.own.tile(tile);
        own.or_else(|| self.kept.tile(tile))
            .ok_or_else(|| Absent(tile.to_string()))
    }
}
