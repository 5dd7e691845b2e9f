//! Toolchains: which one a project needs that is not there, and what `go` asks for to have it.

use go_module::{GoVersion, ModuleVersion, Toolchain, platform};

/// The platform whose `.info` `go` asks for, on any machine, to see whether there is such a toolchain
/// (cmd/go `internal/modfetch/toolchain.go`, `goToDL`).
const WITNESS: &str = "linux-amd64";

/// What `go` asks for to switch to a toolchain.
pub(super) struct Needed {
    /// For this machine.
    pub(super) module: ModuleVersion,
    /// The one that shows that there is such a toolchain.
    pub(super) witness: ModuleVersion,
}

/// The toolchain for a go or toolchain line, where the `go` that is there is older.
pub(super) fn needed(wanted: Option<&GoVersion>, local: Option<&str>) -> Option<Needed> {
    let wanted = wanted.filter(|wanted| wanted.is_strict())?;
    let local = local.and_then(GoVersion::of_toolchain);
    if local.is_some_and(|local| local >= *wanted) {
        return None;
    }
    let name = wanted.to_toolchain();
    let here = platform(std::env::consts::OS, std::env::consts::ARCH);
    Some(Needed {
        module: Toolchain::module(&name, &here)?,
        witness: Toolchain::module(&name, WITNESS)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_newer_one_is_needed() {
        let needed = |wanted: &str, local: &str| {
            let wanted = GoVersion::parse(wanted).unwrap();
            needed(Some(&wanted), Some(local)).map(|it| it.witness.version.to_string())
        };
        let named = |version: &str| Some(format!("v0.0.1-{version}.linux-amd64"));
        assert_eq!(needed("1.30.1", "go1.26.8"), named("go1.30.1"));
        assert_eq!(needed("1.30", "go1.26.8"), named("go1.30.0"));
        assert_eq!(needed("1.26.8", "go1.26.8"), None);
        assert_eq!(needed("1.20", "go1.19"), None);
        assert_eq!(needed("1.22", "go1.26.8 X:something"), None);
    }
}
