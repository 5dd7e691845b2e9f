//! The rows of the matrix: what is done in each project, and how it is seen that it was done.

use crate::projects::{EXTRA, FIELDS, LINT, Project, TOOLCHAIN};

/// One row.
pub(crate) struct Row {
    /// As the table has it.
    pub(crate) name: &'static str,
    pub(crate) plan: fn(&Project) -> Plan,
}

/// What is done in one cell.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    /// A file that is written first, beside the code.
    pub(crate) file: Option<(&'static str, String)>,
    /// Whether `go` may switch to another toolchain.
    pub(crate) may_switch: bool,
    /// What go.mod has afterwards.
    pub(crate) requires: Vec<String>,
    /// Whether go.mod and go.sum are to be as they were.
    pub(crate) unchanged: bool,
    /// Why this can't pass; then it must fail, and say this.
    pub(crate) never: Option<(&'static str, &'static str)>,
    /// How it is done here, where that is another way.
    pub(crate) note: Option<&'static str>,
}

/// One command.
pub(crate) struct Step {
    pub(crate) program: Program,
    pub(crate) args: Vec<String>,
    /// What it says, among other things.
    pub(crate) says: Vec<String>,
    /// What it does not say.
    pub(crate) silent: Vec<String>,
    pub(crate) exit: i32,
}

/// What is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    Go,
    Larder,
    /// What `go install` has put into GOPATH.
    Installed,
}

impl Plan {
    fn go(line: &str) -> Self {
        Self::default().then(line)
    }

    fn step(mut self, program: Program, line: &str) -> Self {
        self.steps.push(Step {
            program,
            args: line.split_whitespace().map(str::to_owned).collect(),
            says: Vec::new(),
            silent: Vec::new(),
            exit: 0,
        });
        self
    }

    fn then(self, line: &str) -> Self {
        self.step(Program::Go, line)
    }

    fn says(mut self, text: impl Into<String>) -> Self {
        self.steps.last_mut().unwrap().says.push(text.into());
        self
    }

    fn silent(mut self, text: impl Into<String>) -> Self {
        self.steps.last_mut().unwrap().silent.push(text.into());
        self
    }

    fn exits(mut self, code: i32) -> Self {
        self.steps.last_mut().unwrap().exit = code;
        self
    }

    fn requires(mut self, module: &str, version: &str) -> Self {
        self.requires.push(format!("{module} {version}"));
        self
    }

    fn never(line: &str, why: &'static str, says: &'static str) -> Self {
        Self {
            never: Some((why, says)),
            ..Self::go(line)
        }
    }
}

/// What an upgrade is followed by: that what it brought is there.
const WORKS: &str = "test ./...";

pub(crate) const ALL: [Row; 21] = [
    Row {
        name: "`go mod download`",
        plan: |_| Plan {
            unchanged: true,
            ..Plan::go("mod download")
        },
    },
    Row {
        name: "`go build ./...`",
        plan: |_| Plan::go("build ./..."),
    },
    Row {
        name: "`go test ./...`",
        plan: |_| Plan::go("test ./...").says("ok"),
    },
    Row {
        name: "`go vet ./...`",
        plan: |_| Plan::go("vet ./..."),
    },
    Row {
        name: "`go mod tidy`",
        plan: |_| Plan {
            unchanged: true,
            ..Plan::go("mod tidy")
        },
    },
    Row {
        name: "`go mod tidy`, once a kept module is imported",
        plan: |project| Plan {
            file: Some((
                "added.go",
                format!("package {}\n\nimport _ \"{EXTRA}\"\n", project.package),
            )),
            ..Plan::go("mod tidy").then(WORKS).requires(EXTRA, "v1.1.0")
        },
    },
    Row {
        name: "`go get X@latest`",
        plan: |project| {
            Plan::go(&format!("get {}@latest", project.x))
                .then(WORKS)
                .requires(project.x, project.newest)
        },
    },
    Row {
        name: "`go get X@v`",
        plan: |project| {
            Plan::go(&format!("get {}@{}", project.x, project.newest))
                .then(WORKS)
                .requires(project.x, project.newest)
        },
    },
    Row {
        name: "`go get -u ./...`",
        plan: |project| {
            Plan::go("get -u ./...")
                .then(WORKS)
                .requires(project.x, project.newest)
        },
    },
    Row {
        name: "`go list -m -u all`",
        plan: |project| {
            let newer = format!("{} {} [{}]", project.x, project.from, project.newest);
            // Nothing brings its newer version, so that it is not kept, and not offered.
            let kept = format!("{FIELDS} v1.0.0");
            Plan::go("list -m -u all")
                .says(newer)
                .says(kept)
                .silent(format!("{FIELDS} v1.0.0 ["))
        },
    },
    Row {
        name: "`go list -m -versions X`",
        plan: |project| {
            let versions = format!("{} {} {}", project.x, project.from, project.newest);
            Plan::go(&format!("list -m -versions {}", project.x)).says(versions)
        },
    },
    Row {
        name: "`go install P@v`",
        plan: |_| {
            Plan::go(&format!("install {LINT}/cmd/lint@v1.0.0"))
                .step(Program::Installed, "lint")
                .says("lint v1.0.0")
        },
    },
    Row {
        name: "`go install P@latest`",
        plan: |_| {
            Plan::go(&format!("install {LINT}/cmd/lint@latest"))
                .step(Program::Installed, "lint")
                .says("lint v1.1.0")
        },
    },
    Row {
        name: "`go mod vendor`",
        plan: |project| match project.is_workspace {
            true => Plan {
                note: Some("as `go work vendor`, which is what go has for a workspace"),
                ..Plan::go("work vendor").then("build -mod=vendor ./...")
            },
            false => Plan::go("mod vendor").then("build -mod=vendor ./..."),
        },
    },
    Row {
        name: "`go mod why`",
        plan: |_| {
            Plan::go(&format!("mod why -m {FIELDS}"))
                .says(format!("# {FIELDS}\n"))
                .silent("does not need")
        },
    },
    Row {
        name: "`go mod verify`",
        plan: |_| {
            Plan::go("mod download")
                .then("mod verify")
                .says("all modules verified")
        },
    },
    Row {
        name: "`go work sync`",
        plan: |project| match project.is_workspace {
            true => Plan::go("work sync"),
            false => Plan::never("work sync", "there is no go.work", "no go.work file found"),
        },
    },
    Row {
        name: "`go tool T`",
        plan: |project| match project.tool {
            Some(tool) => Plan::go(&format!("tool {tool}")).says("gen v1.0.0"),
            None => Plan::never("tool gen", "there is no tool line", "no such tool \"gen\""),
        },
    },
    Row {
        name: "`go get M@main`",
        plan: |project| {
            let (module, version) = project.branch;
            Plan::go(&format!("get {module}@main")).requires(module, version)
        },
    },
    Row {
        name: "toolchain switch (`GOTOOLCHAIN=auto`)",
        plan: |_| Plan {
            may_switch: true,
            ..Plan::go("build ./...").says(format!("this is {TOOLCHAIN}"))
        },
    },
    Row {
        name: "`larder vulncheck ./...`",
        plan: |project| {
            let plan = Plan::default().step(Program::Larder, "vulncheck ./...");
            match project.vulnerability {
                Some(id) => plan.exits(3).says(id),
                None => plan.says("No vulnerabilities found"),
            }
        },
    },
];
