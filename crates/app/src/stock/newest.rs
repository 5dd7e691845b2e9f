//! Which version of a list `go` takes for the newest (cmd/go `internal/modload/query.go`, `filterVersions`).

use go_module::Version;

/// The highest release that is allowed, else the highest prerelease; pseudo-versions are no part of a list for `go`. Where
/// `has_go_mod` says that the highest version without `+incompatible` has a go.mod of its own, those with it don't count.
pub(super) fn newest(
    versions: &[Version],
    has_go_mod: bool,
    is_allowed: impl Fn(&Version) -> bool,
) -> Option<&Version> {
    let any_compatible = highest_compatible(versions).is_some();
    let without_incompatible = has_go_mod && any_compatible;
    let counts = |version: &&Version| {
        let is_left_out = version.is_incompatible() && without_incompatible;
        !version.is_pseudo() && !is_left_out && is_allowed(version)
    };
    let releases = versions.iter().filter(|version| !version.is_prerelease());
    let prereleases = versions.iter().filter(|version| version.is_prerelease());
    releases
        .filter(counts)
        .max()
        .or_else(|| prereleases.filter(counts).max())
}

/// The version whose go.mod `go` looks at to tell whether `+incompatible` ones count; where there are any.
pub(super) fn asked_for_go_mod(versions: &[Version]) -> Option<&Version> {
    let any = versions.iter().any(Version::is_incompatible);
    highest_compatible(versions).filter(|_| any)
}

fn highest_compatible(versions: &[Version]) -> Option<&Version> {
    let compatible = |version: &&Version| !version.is_incompatible() && !version.is_pseudo();
    versions.iter().filter(compatible).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_come_before_prereleases_and_incompatible_ones_last() {
        let list = |texts: &[&str]| -> Vec<Version> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let pick = |texts: &[&str], has_go_mod, not: &str| {
            let versions = list(texts);
            let allowed = |version: &Version| version.as_str() != not;
            newest(&versions, has_go_mod, allowed).map(ToString::to_string)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            pick(&["v1.9.0", "v1.10.0", "v1.11.0-rc.1"], false, ""),
            some("v1.10.0")
        );
        assert_eq!(
            pick(&["v1.9.0", "v1.10.0"], false, "v1.10.0"),
            some("v1.9.0")
        );
        assert_eq!(pick(&["v0.1.0-a", "v0.1.0-b"], false, ""), some("v0.1.0-b"));
        assert_eq!(
            pick(&["v0.0.0-20200102030405-0123456789ab"], false, ""),
            None
        );
        assert_eq!(
            pick(&["v1.0.0", "v2.0.0+incompatible"], true, ""),
            some("v1.0.0")
        );
        assert_eq!(
            pick(&["v1.0.0", "v2.0.0+incompatible"], false, ""),
            some("v2.0.0+incompatible")
        );
        assert_eq!(
            pick(&["v2.0.0+incompatible"], true, ""),
            some("v2.0.0+incompatible")
        );
        let versions = list(&["v1.0.0", "v1.1.0", "v2.0.0+incompatible"]);
        assert_eq!(asked_for_go_mod(&versions), Some(&versions[1]));
        assert_eq!(asked_for_go_mod(&versions[..2]), None);
    }
}
