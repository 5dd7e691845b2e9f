//! Fixture modules: from a text archive to the three files a proxy serves, and the hashes that vouch for them.

use crate::{h1, semver, txtar, zip};

/// One version of a module, as a proxy serves it.
#[derive(Clone, Debug)]
pub struct Module {
    path: String,
    version: String,
    time: Option<String>,
    origin: Option<String>,
    files: Vec<(String, Vec<u8>)>,
    zip: Option<Vec<u8>>,
}

impl Module {
    /// A module of the files in a text archive (see [`txtar`]). A file `go.mod` is the module's `.mod`; without
    /// one the `.mod` is a bare module line and the zip holds none, as Go does for old code.
    pub fn new(path: &str, version: &str, archive: &str) -> Self {
        Self {
            path: path.to_owned(),
            version: version.to_owned(),
            time: Some("2024-01-02T03:04:05Z".to_owned()),
            origin: None,
            files: txtar::parse(archive),
            zip: None,
        }
    }

    /// A module that builds: `go.mod` and one package at the root, whose function `Version` tells its version.
    pub fn simple(path: &str, version: &str) -> Self {
        Self::requiring(path, version, &[])
    }

    /// As [`Module::simple`]; its `go.mod` requires each `(path, version)` and its package imports them.
    pub fn requiring(path: &str, version: &str, requires: &[(&str, &str)]) -> Self {
        let package = package_name(path);
        let requirements = require_lines(requires);
        let imports = import_lines(requires);
        Self::new(
            path,
            version,
            &format!(
                "-- go.mod --\nmodule {path}\n\ngo 1.24\n{requirements}\
                 -- {package}.go --\npackage {package}\n{imports}\n// Version tells which one this is.\n\
                 func Version() string {{ return \"{version}\" }}\n"
            ),
        )
    }

    /// Sets the commit time, in RFC 3339; `None` leaves it out of `.info`.
    #[must_use]
    pub fn time(mut self, time: Option<&str>) -> Self {
        self.time = time.map(str::to_owned);
        self
    }

    /// Adds an `Origin` to `.info`: any JSON text.
    #[must_use]
    pub fn origin(mut self, json: &str) -> Self {
        self.origin = Some(json.to_owned());
        self
    }

    /// Adds a file, or replaces it.
    #[must_use]
    pub fn file(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.retain(|(old, _)| old != name);
        self.files.push((name.to_owned(), content.into()));
        self
    }

    /// Adds a file of `len` bytes that deflate cannot shrink, the same ones each time: for zips of some size.
    #[must_use]
    pub fn bulk(self, name: &str, len: usize) -> Self {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let content: Vec<u8> = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .take(len)
        .collect();
        self.file(name, content)
    }

    /// Replaces the zip by other bytes, such as a hostile one. The hashes stay those of the honest zip.
    #[must_use]
    pub fn with_zip(mut self, bytes: Vec<u8>) -> Self {
        self.zip = Some(bytes);
        self
    }

    /// The module path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The absolute URL path of a file on a proxy, such as `/github.com/!foo/bar/@v/v1.0.0.zip`.
    pub fn url_path(&self, extension: &str) -> String {
        format!(
            "/{}/@v/{}.{extension}",
            escape(&self.path),
            escape(&self.version)
        )
    }

    /// The bytes of `.info`, fields in Go's order.
    pub fn info(&self) -> Vec<u8> {
        let mut fields = vec![format!("\"Version\":{}", json(&self.version))];
        fields.extend(
            self.time
                .iter()
                .map(|time| format!("\"Time\":{}", json(time))),
        );
        fields.extend(
            self.origin
                .iter()
                .map(|origin| format!("\"Origin\":{origin}")),
        );
        format!("{{{}}}", fields.join(",")).into_bytes()
    }

    /// The bytes of `.mod`.
    pub fn go_mod(&self) -> Vec<u8> {
        let own = self.files.iter().find(|(name, _)| name == "go.mod");
        own.map_or_else(
            || format!("module {}\n", self.path).into_bytes(),
            |(_, content)| content.clone(),
        )
    }

    /// The bytes of `.zip`.
    pub fn zip(&self) -> Vec<u8> {
        self.zip
            .clone()
            .unwrap_or_else(|| zip::write(&self.entries()))
    }

    /// The entries of the honest zip, in the order Go's own zips have: sorted folder by folder.
    pub fn entries(&self) -> Vec<zip::Entry> {
        let mut files: Vec<_> = self.files.iter().collect();
        files.sort_by(|(a, _), (b, _)| a.split('/').cmp(b.split('/')));
        files
            .iter()
            .map(|(name, content)| zip::Entry::new(self.entry_name(name), content))
            .collect()
    }

    /// The name of a file inside the zip: `path@version/name`.
    pub fn entry_name(&self, name: &str) -> String {
        format!("{}@{}/{name}", self.path, self.version)
    }

    /// `h1:` of the honest zip.
    pub fn zip_h1(&self) -> String {
        let named: Vec<_> = self
            .files
            .iter()
            .map(|(name, content)| (self.entry_name(name), content))
            .collect();
        h1::of_files(
            named
                .iter()
                .map(|(name, content)| (name.as_str(), content.as_slice())),
        )
    }

    /// `h1:` of the `.mod`.
    pub fn mod_h1(&self) -> String {
        h1::of_mod(&self.go_mod())
    }

    /// The two lines of `go.sum` for this version.
    pub fn go_sum(&self) -> String {
        let Self { path, version, .. } = self;
        format!(
            "{path} {version} {}\n{path} {version}/go.mod {}\n",
            self.zip_h1(),
            self.mod_h1()
        )
    }

    pub(crate) fn is_pseudo(&self) -> bool {
        semver::is_pseudo(&self.version)
    }
}

/// A module path or version with each upper-case letter as `!` and the lower-case one, as in URLs and in the
/// download cache (`golang.org/x/mod/module`, `EscapePath`).
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(c.to_ascii_lowercase());
    }
    escaped
}

/// A package name for the root of a module: the last path element that is no major version, letters only.
pub(crate) fn package_name(path: &str) -> String {
    let is_major = |part: &&str| {
        part.len() > 1 && part.starts_with('v') && part[1..].bytes().all(|b| b.is_ascii_digit())
    };
    let last = path
        .rsplit('/')
        .find(|part| !is_major(part))
        .unwrap_or("fixture");
    let name: String = last.chars().filter(char::is_ascii_alphabetic).collect();
    if name.is_empty() {
        "fixture".to_owned()
    } else {
        name.to_ascii_lowercase()
    }
}

/// The `require` lines of a go.mod.
pub(crate) fn require_lines(requires: &[(&str, &str)]) -> String {
    requires
        .iter()
        .map(|(path, version)| format!("\nrequire {path} {version}\n"))
        .collect()
}

/// Imports of the root packages, for their side effects only.
pub(crate) fn import_lines(requires: &[(&str, &str)]) -> String {
    requires
        .iter()
        .map(|(path, _)| format!("\nimport _ \"{path}\"\n"))
        .collect()
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::{Module, escape, package_name};

    #[test]
    fn upper_case_is_escaped() {
        assert_eq!(escape("example.com/Azure/SDK"), "example.com/!azure/!s!d!k");
        let module = Module::simple("example.com/Foo", "v1.0.0-RC1");
        assert_eq!(
            module.url_path("zip"),
            "/example.com/!foo/@v/v1.0.0-!r!c1.zip"
        );
    }

    #[test]
    fn info_has_gos_fields_in_gos_order() {
        let module = Module::simple("example.com/a", "v1.0.0").origin(r#"{"VCS":"git"}"#);
        assert_eq!(
            String::from_utf8(module.info()).unwrap(),
            r#"{"Version":"v1.0.0","Time":"2024-01-02T03:04:05Z","Origin":{"VCS":"git"}}"#
        );
        assert_eq!(
            Module::simple("example.com/a", "v1.0.0").time(None).info(),
            br#"{"Version":"v1.0.0"}"#
        );
    }

    #[test]
    fn without_a_go_mod_the_mod_is_synthetic_and_not_in_the_zip() {
        let module = Module::new("example.com/old", "v1.0.0", "-- a.go --\npackage a\n");
        assert_eq!(module.go_mod(), b"module example.com/old\n");
        assert_eq!(module.entries().len(), 1);
    }

    #[test]
    fn entries_are_sorted_folder_by_folder() {
        let module = Module::new(
            "example.com/a",
            "v1.0.0",
            "-- a-b.go --\n-- a/z.go --\n-- a.go --\n",
        );
        let names: Vec<_> = module
            .entries()
            .iter()
            .map(|entry| String::from_utf8(entry.name.clone()).unwrap())
            .collect();
        assert_eq!(
            names,
            ["a/z.go", "a-b.go", "a.go"].map(|name| module.entry_name(name))
        );
    }

    #[test]
    fn package_names_are_identifiers() {
        assert_eq!(package_name("example.com/my-lib/v2"), "mylib");
        assert_eq!(package_name("gopkg.example/yaml.v3"), "yamlv");
    }
}
