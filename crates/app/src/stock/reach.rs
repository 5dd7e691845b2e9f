//! Within reach: a file, a list or a record, fetched where it is not kept, or looked for in the cache alone.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use delivery::{Ask, Body, Brought, Cover, Delivery, DeliveryError};
use futures_util::{StreamExt, stream};
use go_module::graph::{Folder, Roots, Walk};
use go_module::{FileKind, ModulePath, ModuleVersion, Query, Request, Version, info, list};
use store::Store;

/// How many go.mod files are asked for at once.
const AT_ONCE: usize = 16;

/// Where things come from. Why something can't be had is told in words.
pub(crate) struct Reach {
    delivery: Delivery,
    /// Where nothing may be fetched.
    cache_only: Option<Store>,
    /// Walks ask for the same files again and again.
    go_mods: Mutex<HashMap<ModuleVersion, Result<Bytes, String>>>,
}

impl Reach {
    /// From the upstreams, where it is not kept.
    pub(crate) fn of_upstreams(delivery: Delivery) -> Self {
        Self {
            delivery,
            cache_only: None,
            go_mods: Mutex::default(),
        }
    }

    /// From the cache alone.
    pub(crate) fn of_cache(delivery: Delivery, store: Store) -> Self {
        Self {
            cache_only: Some(store),
            ..Self::of_upstreams(delivery)
        }
    }

    /// Whether nothing is fetched.
    pub(super) fn is_cache_only(&self) -> bool {
        self.cache_only.is_some()
    }

    /// A file is there, or is brought.
    pub(super) async fn file(
        &self,
        module: &ModuleVersion,
        kind: FileKind,
    ) -> Result<Brought, String> {
        let Some(store) = &self.cache_only else {
            let brought = Box::pin(self.delivery.bring(module, kind)).await;
            return brought.map_err(|error| error.to_string());
        };
        let trees = self.delivery.profile().trees(module.path.as_str(), kind);
        match store.find(&trees, module, kind).await {
            Ok(Some(kept)) => Ok(Brought {
                bytes: kept.size,
                is_new: false,
            }),
            Ok(None) => Err(format!("its .{} is not kept", kind.extension())),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The bytes of a go.mod.
    pub(super) async fn go_mod(&self, module: &ModuleVersion) -> Result<Bytes, String> {
        if let Some(known) = self.known(module) {
            return known;
        }
        let found = match self.file(module, FileKind::Mod).await {
            Ok(_) => self.get(Request::File(module.clone(), FileKind::Mod)).await,
            Err(reason) => Err(reason),
        };
        let mut go_mods = self.go_mods.lock().unwrap_or_else(PoisonError::into_inner);
        go_mods.insert(module.clone(), found.clone());
        found
    }

    fn known(&self, module: &ModuleVersion) -> Option<Result<Bytes, String>> {
        let go_mods = self.go_mods.lock().unwrap_or_else(PoisonError::into_inner);
        go_mods.get(module).cloned()
    }

    /// The versions that a list names.
    pub(super) async fn list(&self, path: &ModulePath) -> Result<Vec<Version>, String> {
        let body = self.get(Request::List(path.clone())).await?;
        let versions = list::parse(&body).map_err(|error| error.to_string())?;
        // Of what is not written in full, or belongs to another path, there is no file.
        let of_path = |version: Version| ModuleVersion::new(path.clone(), version).ok();
        Ok(versions
            .iter()
            .filter_map(|text| of_path(Version::parse(text).ok()?))
            .map(|module| module.version)
            .collect())
    }

    /// What `@latest` says.
    pub(super) async fn latest(&self, path: &ModulePath) -> Result<Version, String> {
        self.version(Request::Latest(path.clone())).await
    }

    /// What a branch or a commit is.
    pub(super) async fn query(&self, path: &ModulePath, query: Query) -> Result<Version, String> {
        let path = path.clone();
        self.version(Request::Query { path, query }).await
    }

    async fn version(&self, request: Request) -> Result<Version, String> {
        let body = self.get(request).await?;
        let info = info::parse(&body).map_err(|error| error.to_string())?;
        Version::parse(&info.version).map_err(|error| error.to_string())
    }

    /// The checksum database's record of a version is there, with what proves it; where the database covers its path.
    pub(super) async fn record(&self, module: &ModuleVersion) -> Result<(), String> {
        let cover = self.delivery.profile().route(module.path.as_str()).cover;
        if cover != Cover::Database {
            return Ok(());
        }
        let vouched = if self.is_cache_only() {
            self.delivery.vouch_from_kept(module).await
        } else {
            self.delivery.vouch(module).await
        };
        vouched.map(|_| ()).map_err(|error| error.to_string())
    }

    /// Lets a walk run to its end. Folders that stand for modules are read by `read_folder`.
    pub(super) async fn walk(
        &self,
        roots: Roots,
        read_folder: impl Fn(&Folder) -> Option<Vec<u8>>,
    ) -> Walk {
        let mut walk = Walk::new(roots);
        self.run(&mut walk, read_folder).await;
        walk
    }

    /// The same from one module version.
    pub(super) async fn walk_of(&self, module: ModuleVersion) -> Walk {
        let mut walk = Walk::of(module);
        self.run(&mut walk, |_| None).await;
        walk
    }

    async fn run(&self, walk: &mut Walk, read_folder: impl Fn(&Folder) -> Option<Vec<u8>>) {
        while !walk.is_done() {
            for folder in walk.wanted_folders() {
                match read_folder(&folder) {
                    Some(bytes) => {
                        if let Err(error) = walk.give_folder(folder, &bytes) {
                            tracing::debug!("{error}");
                        }
                    }
                    None => walk.missing_folder(folder),
                }
            }
            let mut coming = stream::iter(walk.wanted())
                .map(|module| async move { (self.go_mod(&module).await, module) })
                .buffer_unordered(AT_ONCE);
            while let Some((found, module)) = coming.next().await {
                match found {
                    Ok(bytes) => {
                        if let Err(error) = walk.give(module.clone(), &bytes) {
                            self.is_unreadable(module, error.to_string());
                        }
                    }
                    Err(_) => walk.missing(module),
                }
            }
        }
    }

    fn is_unreadable(&self, module: ModuleVersion, reason: String) {
        let mut go_mods = self.go_mods.lock().unwrap_or_else(PoisonError::into_inner);
        go_mods.insert(module, Err(reason));
    }

    async fn get(&self, request: Request) -> Result<Bytes, String> {
        let ask = Ask {
            kept_only: self.is_cache_only(),
            ..Ask::new(request)
        };
        let answer = Box::pin(self.delivery.deliver(ask)).await;
        match answer.map_err(|error| reason(&error))?.into_body() {
            Body::Bytes(bytes) => Ok(bytes),
            Body::Stream(mut chunks) => {
                let mut all = BytesMut::new();
                while let Some(chunk) = chunks.next().await {
                    all.extend_from_slice(&chunk.map_err(|error| error.to_string())?);
                }
                Ok(all.freeze())
            }
        }
    }
}

/// Why something is not there, in a report that asked the cache alone.
fn reason(error: &DeliveryError) -> String {
    if matches!(error, DeliveryError::NotKept) {
        "not asked for yet, so not in the cache".to_owned()
    } else {
        error.to_string()
    }
}
