//! The rules of the house, checked: who may know whom, one of each heavy crate, licences, and the look of the files.
//!
//! `make check` runs it. It prints one line for each broken rule (what is wrong, and what to do instead) and exits
//! with 1 when there is one. It reads `cargo metadata`, `Cargo.lock` and the files that git knows; it changes nothing.

mod layers;
mod licences;
mod lock;
mod metadata;
mod tidy;

use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};

fn main() -> Result<ExitCode> {
    let metadata = metadata::read()?;
    let root = metadata.workspace_root.as_path();
    let lock_file = std::fs::read_to_string(root.join("Cargo.lock"))
        .context("Cargo.lock could not be read; `cargo metadata` writes it")?;
    let rules = [
        ("layers", layers::check(&metadata.members())),
        ("one of each", lock::check(&lock::parse(&lock_file))),
        ("licences", licences::check(&metadata.resolved())),
        ("tidy", tidy::check(root, &go_proxy_default()?)?),
    ];

    let mut out = std::io::stdout().lock();
    for (rule, findings) in &rules {
        for finding in findings {
            writeln!(out, "{rule}: {finding}")?;
        }
    }
    let broken: usize = rules.iter().map(|(_, findings)| findings.len()).sum();
    if broken > 0 {
        writeln!(out, "{broken} to put right")?;
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Go's own default for GOPROXY, as `$GOROOT/go.env` has it, whatever this person's settings are.
fn go_proxy_default() -> Result<String> {
    let mut go = Command::new("go");
    go.args(["env", "GOPROXY"])
        .env("GOENV", "off")
        .env_remove("GOPROXY");
    output(&mut go).context("Go's default GOPROXY is needed; scripts/setup sees to go")
}

/// What a child prints, or why it failed.
fn output(command: &mut Command) -> Result<String> {
    let name = Path::new(command.get_program()).display().to_string();
    let output = command
        .output()
        .with_context(|| format!("{name} could not be started"))?;
    ensure!(
        output.status.success(),
        "{name} failed ({}): {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    String::from_utf8(output.stdout).with_context(|| format!("{name} printed other than UTF-8"))
}
