//! Licences: each crate that a build takes in is under one that a program under Apache-2.0 may pass on.

use spdx::{Expression, LicenseReq, ParseMode};

use crate::metadata::Package;

/// Licences that ask for a notice at most, as SPDX names them; MPL-2.0 also asks for the sources of its own files,
/// which are public and unchanged here.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Exceptions add a permission to a licence, so that the licence alone decides; only those seen are let through.
const EXCEPTIONS: &[&str] = &["LLVM-exception"];

/// The crates whose licence cannot be taken, and why.
pub(crate) fn check(packages: &[Package]) -> Vec<String> {
    packages.iter().filter_map(finding).collect()
}

fn finding(package: &Package) -> Option<String> {
    let crate_name = format!("{} {}", package.name, package.version);
    let Some(license) = &package.license else {
        return Some(format!(
            "{crate_name} names no licence; read its sources before it is used"
        ));
    };
    // LAX takes the older forms too: `MIT/Apache-2.0`.
    match Expression::parse_mode(license, ParseMode::LAX) {
        Err(error) => Some(format!(
            "{crate_name}: licence {license:?} is not understood: {}",
            error.reason
        )),
        Ok(expression) if expression.evaluate(allowed) => None,
        Ok(_) => Some(format!(
            "{crate_name} is under {license}, which is not on the list in scripts/check-layers"
        )),
    }
}

fn allowed(requirement: &LicenseReq) -> bool {
    let license = requirement
        .license
        .id()
        .is_some_and(|id| ALLOWED.contains(&id.name));
    let addition = match &requirement.addition {
        None => true,
        Some(addition) => addition
            .id()
            .is_some_and(|id| EXCEPTIONS.contains(&id.name)),
    };
    license && addition
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::made::package;

    fn found(license: Option<&str>) -> Vec<String> {
        let mut package = package("somebody", &[]);
        package.license = license.map(str::to_owned);
        check(&[package])
    }

    #[test]
    fn what_is_on_the_list_is_fine_in_every_form() {
        for license in [
            "MIT",
            "MIT OR Apache-2.0",
            "MIT/Apache-2.0",
            "Apache-2.0 / MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
            "GPL-3.0-only OR MIT",
        ] {
            assert_eq!(found(Some(license)), Vec::<String>::new(), "{license}");
        }
    }

    #[test]
    fn what_is_not_on_the_list_is_found() {
        for license in [
            "GPL-3.0-only",
            "AGPL-3.0-or-later",
            "MIT AND GPL-2.0-only",
            "LicenseRef-Ours",
            "GPL-2.0-only WITH Classpath-exception-2.0",
            "MIT WITH Classpath-exception-2.0",
        ] {
            let findings = found(Some(license));
            assert_eq!(findings.len(), 1, "{license}");
            assert!(findings[0].contains("not on the list"), "{findings:?}");
        }
    }

    #[test]
    fn no_licence_and_no_known_licence_are_found() {
        assert!(found(None)[0].contains("names no licence"));
        assert!(found(Some("as you like"))[0].contains("not understood"));
    }

    #[test]
    fn the_list_holds_names_that_spdx_has() {
        for name in ALLOWED {
            assert!(spdx::license_id(name).is_some(), "{name}");
        }
        for name in EXCEPTIONS {
            assert!(spdx::exception_id(name).is_some(), "{name}");
        }
    }
}
