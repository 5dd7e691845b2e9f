//! Toolchains as modules: `golang.org/toolchain@v0.0.1-go1.22.3.linux-amd64` (cmd/go `internal/gover/toolchain.go` and
//! `internal/toolchain/select.go`).

use crate::{GoVersion, ModulePath, ModuleVersion, Version};

/// The path that they are versions of.
pub const TOOLCHAIN: &str = "golang.org/toolchain";

/// What comes before the toolchain's name in such a version.
const PREFIX: &str = "v0.0.1-";

/// A toolchain, as a module version names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// Its version of Go.
    pub go: GoVersion,
    /// What it runs on: GOOS, `-`, GOARCH.
    pub platform: String,
}

impl Toolchain {
    /// Reads a version of [`TOOLCHAIN`].
    #[must_use]
    pub fn of_version(version: &Version) -> Option<Self> {
        let (name, platform) = version.as_str().strip_prefix(PREFIX)?.rsplit_once('.')?;
        let has_parts = platform.split_once('-').is_some();
        has_parts.then_some(Self {
            go: GoVersion::of_toolchain(name)?,
            platform: platform.to_owned(),
        })
    }

    /// The module version that holds a toolchain, such as `go1.22.3`, for a platform. `None` for what is no toolchain's
    /// name, such as `default` or `local`.
    #[must_use]
    pub fn module(name: &str, platform: &str) -> Option<ModuleVersion> {
        GoVersion::of_toolchain(name)?;
        let version = Version::parse(&format!("{PREFIX}{name}.{platform}")).ok()?;
        ModuleVersion::new(ModulePath::parse(TOOLCHAIN).ok()?, version).ok()
    }
}

/// Go's name for a platform, GOOS, `-`, GOARCH, by the names that Rust has for it (`std::env::consts`).
#[must_use]
pub fn platform(os: &str, arch: &str) -> String {
    let os = match os {
        "macos" => "darwin",
        other => other,
    };
    let arch = match arch {
        "x86" => "386",
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "loongarch64" => "loong64",
        "powerpc64" => "ppc64le",
        other => other,
    };
    format!("{os}-{arch}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toolchain_is_a_module_version() {
        let module = Toolchain::module("go1.22.3", "linux-amd64").unwrap();
        assert_eq!(
            module.to_string(),
            "golang.org/toolchain@v0.0.1-go1.22.3.linux-amd64"
        );
        let toolchain = Toolchain::of_version(&module.version).unwrap();
        assert_eq!(toolchain.go.as_str(), "1.22.3");
        assert_eq!(toolchain.platform, "linux-amd64");
        let candidate = Toolchain::module("go1.23rc1", "darwin-arm64").unwrap();
        assert_eq!(
            Toolchain::of_version(&candidate.version)
                .unwrap()
                .go
                .as_str(),
            "1.23rc1"
        );
    }

    #[test]
    fn what_is_none_is_told() {
        for name in ["default", "local", "path", "1.22.3", "go", "go1.22.3/x"] {
            assert_eq!(Toolchain::module(name, "linux-amd64"), None, "{name}");
        }
        for version in [
            "v0.0.1",
            "v0.0.1-go1.22.3",
            "v0.0.2-go1.22.3.linux-amd64",
            "v0.0.1-x.linux-amd64",
        ] {
            let version = Version::parse(version).unwrap();
            assert_eq!(Toolchain::of_version(&version), None, "{version}");
        }
    }

    #[test]
    fn platforms_have_gos_names() {
        assert_eq!(platform("linux", "x86_64"), "linux-amd64");
        assert_eq!(platform("macos", "aarch64"), "darwin-arm64");
        assert_eq!(platform("linux", "riscv64"), "linux-riscv64");
    }
}
