//! What the fake serves when nothing is wrong: modules, queries and canned files, as a Go proxy answers them.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::{
    Module,
    module::escape,
    semver::{compare, is_prerelease},
};

/// An answer in good order.
pub(crate) struct Found {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
}

/// All that is served, by module path.
#[derive(Default)]
pub(crate) struct Catalogue {
    modules: BTreeMap<String, Versions>,
    /// By absolute URL path; these win.
    canned: BTreeMap<String, (String, Bytes)>,
}

#[derive(Default)]
struct Versions {
    by_version: BTreeMap<String, Files>,
    /// Branches and such: query to the version it means.
    queries: BTreeMap<String, String>,
    list: Option<String>,
    latest: Option<String>,
}

/// The three files, made once: a zip is served many times.
struct Files {
    info: Bytes,
    go_mod: Bytes,
    zip: Bytes,
    pseudo: bool,
}

impl Catalogue {
    pub(crate) fn add(&mut self, module: &Module) {
        let files = Files {
            info: module.info().into(),
            go_mod: module.go_mod().into(),
            zip: module.zip().into(),
            pseudo: module.is_pseudo(),
        };
        self.of(module.path())
            .by_version
            .insert(module.version().to_owned(), files);
    }

    pub(crate) fn remove(&mut self, path: &str, version: &str) {
        self.of(path).by_version.remove(version);
    }

    pub(crate) fn remove_all(&mut self, path: &str) {
        self.modules.remove(path);
    }

    pub(crate) fn set_query(&mut self, path: &str, query: &str, version: &str) {
        self.of(path)
            .queries
            .insert(query.to_owned(), version.to_owned());
    }

    pub(crate) fn set_list(&mut self, path: &str, list: Option<String>) {
        self.of(path).list = list;
    }

    pub(crate) fn set_latest(&mut self, path: &str, version: Option<String>) {
        self.of(path).latest = version;
    }

    pub(crate) fn put(&mut self, url_path: &str, content_type: &str, body: Bytes) {
        self.canned
            .insert(url_path.to_owned(), (content_type.to_owned(), body));
    }

    pub(crate) fn take_away(&mut self, url_path: &str) {
        self.canned.remove(url_path);
    }

    fn of(&mut self, path: &str) -> &mut Versions {
        self.modules.entry(path.to_owned()).or_default()
    }

    /// What was put at a URL path, percent-encoded or not.
    pub(crate) fn canned(&self, url_path: &str) -> Option<Found> {
        let (content_type, body) = self.canned.get(&percent_decoded(url_path))?;
        Some(Found {
            status: 200,
            content_type: content_type.clone(),
            body: body.clone(),
        })
    }

    /// The answer to a URL path, percent-encoded or not.
    pub(crate) fn answer(&self, url_path: &str) -> Found {
        let path = percent_decoded(url_path);
        self.canned(url_path)
            .or_else(|| self.module_answer(&path))
            .unwrap_or_else(|| text(404, format!("not found: {path}").into()))
    }

    fn module_answer(&self, path: &str) -> Option<Found> {
        let path = path.strip_prefix('/')?;
        if let Some(escaped) = path.strip_suffix("/@latest") {
            let versions = self.by_escaped(escaped)?;
            return Some(json(&versions.latest()?.info));
        }
        let (escaped, file) = path.split_once("/@v/")?;
        let versions = self.by_escaped(escaped)?;
        if file == "list" {
            return Some(text(200, versions.list().into()));
        }
        let (version, extension) = file.rsplit_once('.')?;
        let found = versions
            .by_version
            .iter()
            .find(|(candidate, _)| escape(candidate) == version);
        match (extension, found) {
            ("info", Some((_, files))) => Some(json(&files.info)),
            ("mod", Some((_, files))) => Some(text(200, files.go_mod.clone())),
            ("zip", Some((_, files))) => Some(Found {
                status: 200,
                content_type: "application/zip".to_owned(),
                body: files.zip.clone(),
            }),
            ("info", None) => {
                let (_, meant) = versions
                    .queries
                    .iter()
                    .find(|(query, _)| escape(query) == version)?;
                Some(json(&versions.by_version.get(meant)?.info))
            }
            _ => None,
        }
    }

    fn by_escaped(&self, escaped: &str) -> Option<&Versions> {
        self.modules
            .iter()
            .find(|(path, _)| escape(path) == escaped)
            .map(|(_, versions)| versions)
    }
}

impl Versions {
    /// Release and pre-release versions in ascending order; pseudo-versions are not listed.
    fn list(&self) -> String {
        if let Some(list) = &self.list {
            return list.clone();
        }
        let mut listed: Vec<_> = self
            .by_version
            .iter()
            .filter(|(_, files)| !files.pseudo)
            .map(|(v, _)| v)
            .collect();
        listed.sort_by(|a, b| compare(a, b));
        listed
            .iter()
            .map(|version| format!("{version}\n"))
            .collect()
    }

    /// The highest release, else the highest pre-release, else the highest pseudo-version.
    fn latest(&self) -> Option<&Files> {
        if let Some(version) = &self.latest {
            return self.by_version.get(version);
        }
        let rank = |version: &str, files: &Files| (!files.pseudo, !is_prerelease(version));
        self.by_version
            .iter()
            .max_by(|(a, a_files), (b, b_files)| {
                rank(a, a_files)
                    .cmp(&rank(b, b_files))
                    .then_with(|| compare(a, b))
            })
            .map(|(_, files)| files)
    }
}

fn json(body: &Bytes) -> Found {
    Found {
        status: 200,
        content_type: "application/json".to_owned(),
        body: body.clone(),
    }
}

/// Plain text.
pub(crate) fn text(status: u16, body: Bytes) -> Found {
    Found {
        status,
        content_type: "text/plain; charset=utf-8".to_owned(),
        body,
    }
}

/// A URL path without percent-encoding.
pub(crate) fn percent_decoded(path: &str) -> String {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let pair = tail
            .get(..2)
            .and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (first, pair) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                rest = &tail[2..];
            }
            _ => {
                decoded.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Catalogue, Module};

    fn body(catalogue: &Catalogue, path: &str) -> String {
        let found = catalogue.answer(path);
        assert_eq!(found.status, 200, "{path}");
        String::from_utf8_lossy(&found.body).into_owned()
    }

    #[test]
    fn a_module_is_listed_found_and_removed() {
        let mut catalogue = Catalogue::default();
        for version in [
            "v1.10.0",
            "v1.2.0",
            "v2.0.0-rc.1",
            "v1.11.0-0.20240102030405-0123456789ab",
        ] {
            catalogue.add(&Module::simple("example.com/Foo", version));
        }
        assert_eq!(
            body(&catalogue, "/example.com/!foo/@v/list"),
            "v1.2.0\nv1.10.0\nv2.0.0-rc.1\n"
        );
        assert!(body(&catalogue, "/example.com/!foo/@latest").contains("\"v1.10.0\""));
        assert!(
            body(&catalogue, "/example.com/%21foo/@v/v1.2.0.mod")
                .starts_with("module example.com/Foo\n")
        );
        assert_eq!(
            catalogue.answer("/example.com/Foo/@v/list").status,
            404,
            "not escaped"
        );

        catalogue.set_query("example.com/Foo", "main", "v1.2.0");
        assert!(body(&catalogue, "/example.com/!foo/@v/main.info").contains("\"v1.2.0\""));
        assert_eq!(
            catalogue.answer("/example.com/!foo/@v/main.mod").status,
            404
        );

        catalogue.remove("example.com/Foo", "v1.10.0");
        assert_eq!(
            catalogue.answer("/example.com/!foo/@v/v1.10.0.zip").status,
            404
        );
        assert!(body(&catalogue, "/example.com/!foo/@latest").contains("\"v1.2.0\""));
    }

    #[test]
    fn a_canned_file_wins_and_can_be_taken_away() {
        let mut catalogue = Catalogue::default();
        catalogue.put("/sumdb/example.test/supported", "text/plain", "".into());
        assert_eq!(body(&catalogue, "/sumdb/example.test/supported"), "");
        catalogue.take_away("/sumdb/example.test/supported");
        assert_eq!(
            catalogue.answer("/sumdb/example.test/supported").status,
            404
        );
    }
}
