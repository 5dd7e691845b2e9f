//! The window's types, out of the table of commands: `ui/src/gen/types.ts` is what this says, byte for byte.

use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::{env, fs};

use ts_rs::{Config, TS, TypeVisitor};

use crate::command::{self, Call, Feed, Job, Shown};
use crate::failure::Failure;
use crate::job::JobState;

const HEAD: &str = "// Made from the Rust types by scripts/types; not to be edited.\n";

/// What has been shown, as TypeScript.
struct Gathered {
    config: Config,
    seen: HashSet<TypeId>,
    /// By name: which Rust type it is, and its declaration.
    types: BTreeMap<String, (&'static str, String)>,
    calls: BTreeMap<&'static str, String>,
    jobs: BTreeMap<&'static str, String>,
    feeds: BTreeMap<&'static str, String>,
}

impl Gathered {
    fn from_table() -> Self {
        let mut gathered = Self {
            config: Config::new().with_large_int("number"),
            seen: HashSet::new(),
            types: BTreeMap::new(),
            calls: BTreeMap::new(),
            jobs: BTreeMap::new(),
            feeds: BTreeMap::new(),
        };
        gathered.visit::<Failure>();
        gathered.visit::<JobState>();
        command::each(&mut gathered);
        gathered
    }

    fn named<T: TS + 'static>(&mut self) -> String {
        self.visit::<T>();
        T::name(&self.config)
    }

    fn asked<R: TS + 'static, A: TS + 'static>(&mut self) -> String {
        let (request, answer) = (self.named::<R>(), self.named::<A>());
        format!("{{ request: {request}; answer: {answer} }}")
    }

    /// The file: the maps of what can be asked, then every type they name.
    fn text(&self) -> String {
        let maps = [
            ("What is asked and answered at once.", "Calls", &self.calls),
            ("What takes its time.", "Jobs", &self.jobs),
            ("What can be followed: its items.", "Feeds", &self.feeds),
        ];
        let mut text = HEAD.to_owned();
        for (about, name, map) in maps {
            text += &format!("\n/** {about} */\nexport interface {name} {{\n");
            for (key, value) in map {
                text += &format!("  '{key}': {value}\n");
            }
            text += "}\n";
        }
        for (_, declaration) in self.types.values() {
            text += &format!("\n{}", tidied(declaration));
        }
        text
    }
}

impl TypeVisitor for Gathered {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        if T::output_path().is_some() {
            let name = T::ident(&self.config);
            let rust = std::any::type_name::<T>();
            let docs = T::docs().unwrap_or_default();
            let declaration = format!("{docs}export {}\n", T::decl(&self.config));
            if let Some((other, _)) = self.types.insert(name.clone(), (rust, declaration)) {
                panic!("{other} and {rust} are both {name}: give one #[ts(rename = ..)]");
            }
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

impl Shown for Gathered {
    fn call<C: Call>(&mut self) {
        let asked = self.asked::<C, C::Answer>();
        self.calls.insert(C::NAME, asked);
    }

    fn job<J: Job>(&mut self) {
        let asked = self.asked::<J, J::Answer>();
        self.jobs.insert(J::NAME, asked);
    }

    fn feed<F: Feed>(&mut self) {
        let item = self.named::<F::Item>();
        self.feeds.insert(F::NAME, item);
    }
}

/// A declaration as a person would write it: one field a line, indented, a comment of one line on one line.
fn tidied(declaration: &str) -> String {
    let text = declaration.replace(", }", ",\n}").replace("{ \n", "{\n");
    let mut lines: Vec<String> = Vec::new();
    let mut depth: usize = 0;
    for line in text.lines().map(str::trim) {
        let is_comment = line.starts_with(['/', '*']);
        let (opened, closed) = match is_comment {
            true => (0, 0),
            false => (line.matches('{').count(), line.matches('}').count()),
        };
        let indent = depth - usize::from(line.starts_with('}'));
        depth = depth + opened - closed;
        if line == "*/" && lines.len() > 1 && lines[lines.len() - 2].ends_with("/**") {
            let said = lines.pop().unwrap_or_default();
            let open = lines.pop().unwrap_or_default();
            lines.push(format!(
                "{open} {} */",
                said.trim_start().trim_start_matches("* ")
            ));
        } else {
            let star = if line.starts_with('*') { " " } else { "" };
            lines.push(
                format!("{}{star}{line}", "  ".repeat(indent))
                    .trim_end()
                    .to_owned(),
            );
        }
    }
    lines.join("\n") + "\n"
}

/// `scripts/types` has it write what it would else compare.
#[test]
fn the_windows_types_are_those_of_rust() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/gen/types.ts");
    let text = Gathered::from_table().text();
    if env::var_os("LARDER_WRITE_TYPES").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &text).unwrap();
    }
    let there = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        there == text,
        "ui/src/gen/types.ts is not what the Rust types say: run scripts/types"
    );
}
