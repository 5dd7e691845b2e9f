//! The modules that the upstream serves: the same at every run, in the layout of a proxy's folder.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use fastrand::Rng;

use crate::zip::{self, Packed};

/// How many modules a cold pass fetches.
pub(crate) const COLD: usize = 300;
/// How many large zips there are.
pub(crate) const BIG: usize = 6;
/// About how large each is, in bytes.
const BIG_SIZE: usize = 36 << 20;

/// One version of one module, with the sizes of what a client gets.
pub(crate) struct Module {
    pub(crate) path: String,
    pub(crate) version: String,
}

impl Module {
    /// The path of one of its files below the proxy's root.
    pub(crate) fn file(&self, extension: &str) -> String {
        format!("{}/@v/{}.{extension}", self.path, self.version)
    }

    /// The path of its list.
    pub(crate) fn list(&self) -> String {
        format!("{}/@v/list", self.path)
    }
}

/// What a person would fetch on a day: 300 modules, with zips of 20 to 200 kB.
pub(crate) fn modules() -> Vec<Module> {
    let mut random = Rng::with_seed(1);
    (0..COLD)
        .map(|n| Module {
            path: format!("code.example.com/team{}/{}-{n}", n % 20, word(&mut random)),
            version: format!("v1.{}.{}", random.u32(0..20) + 1, n % 10),
        })
        .collect()
}

/// Large modules.
pub(crate) fn big_modules() -> Vec<Module> {
    (0..BIG)
        .map(|n| Module {
            path: "code.example.com/team0/sdk".to_owned(),
            version: format!("v1.{n}.0"),
        })
        .collect()
}

/// Small files as a warm build asks for them: `.mod` and `.info`, and some lists.
pub(crate) fn warm_paths() -> Vec<String> {
    let modules = modules();
    let mut paths = Vec::new();
    for (n, module) in modules.iter().take(80).enumerate() {
        paths.push(module.file("mod"));
        paths.push(module.file("info"));
        if n % 2 == 0 {
            paths.push(module.list());
        }
    }
    paths
}

/// Writes all of them below a folder, as a proxy has them.
pub(crate) fn write(root: &Path) -> Result<()> {
    let mut random = Rng::with_seed(2);
    // Sources to cut files from: random words pack to about a third, as sources do.
    let text = prose(&mut random, 1 << 20);
    for module in modules() {
        let size = random.usize(20_000..200_000);
        let mut packed = Vec::new();
        let mut length = 0;
        while length < size {
            let at = random.usize(0..text.len() - 40_000);
            let file = Packed::new(&text[at..at + random.usize(4_000..40_000)])?;
            length += file.len();
            packed.push(file);
        }
        put(
            root,
            &module,
            &mut random,
            &packed.iter().collect::<Vec<_>>(),
        )?;
    }
    let block = Packed::new(&text)?;
    for module in big_modules() {
        let blocks = vec![&block; BIG_SIZE.div_ceil(block.len())];
        put(root, &module, &mut random, &blocks)?;
    }
    Ok(())
}

fn put(root: &Path, module: &Module, random: &mut Rng, files: &[&Packed]) -> Result<()> {
    let Module { path, version } = module;
    let folder = root.join(path).join("@v");
    fs::create_dir_all(&folder).with_context(|| format!("{} can't be made", folder.display()))?;
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).with_context(|| format!("{} can't be written", path.display()))
    };
    let info = format!(
        "{{\"Version\":\"{version}\",\"Time\":\"2024-05-0{}T12:34:56Z\",\"Origin\":{{\"VCS\":\"git\",\"URL\":\"https://{path}\",\"Ref\":\"refs/tags/{version}\"}}}}",
        random.u8(1..9)
    );
    write(&format!("{version}.info"), info.as_bytes())?;
    let mut go_mod = format!("module {path}\n\ngo 1.21\n\nrequire (\n");
    for n in 0..random.usize(1..40) {
        go_mod += &format!("\tcode.example.com/other/{}-{n} v1.{n}.0\n", word(random));
    }
    go_mod += ")\n";
    write(&format!("{version}.mod"), go_mod.as_bytes())?;
    let mut list: String = (0..random.usize(2..60))
        .map(|n| format!("v0.{n}.0\n"))
        .collect();
    list += &format!("{version}\n");
    write("list", list.as_bytes())?;
    let prefix = format!("{path}@{version}");
    let own_mod = Packed::new(go_mod.as_bytes())?;
    let mut entries = vec![(format!("{prefix}/go.mod"), &own_mod)];
    for (n, file) in files.iter().enumerate() {
        entries.push((format!("{prefix}/internal/part{n}.go"), file));
    }
    write(&format!("{version}.zip"), &zip::write(&entries)?)
}

fn word(random: &mut Rng) -> String {
    (0..random.usize(3..10))
        .map(|_| random.lowercase())
        .collect()
}

fn prose(random: &mut Rng, size: usize) -> Vec<u8> {
    let words: Vec<String> = (0..4_000).map(|_| word(random)).collect();
    let mut text = Vec::with_capacity(size + 16);
    while text.len() < size {
        text.extend_from_slice(words[random.usize(0..words.len())].as_bytes());
        text.push(if random.u8(0..9) == 0 { b'\n' } else { b' ' });
    }
    text
}
