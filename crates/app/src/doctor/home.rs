//! What computer this is, as far as it matters to who reads a report.

use std::fs;

/// The system, its processor, its name and its kernel, as far as they are known.
#[must_use]
pub fn system() -> String {
    let mut told = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    if let Some(name) = name {
        told += &format!(", {}", name.trim_matches('"'));
    }
    if !kernel.trim().is_empty() {
        told += &format!(", kernel {}", kernel.trim());
    }
    told
}
