//! The matrix over projects that people work on, with the real upstreams: what works offline, and how long it takes beside
//! the same command online, warm, through Larder.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use test_support::{DeadAddress, Larder, Output, TempHome, run_within};

use crate::{bin, copy, table, wait_for_the_notice};

/// A project: a module whose zip is unpacked and worked on.
struct Project {
    name: &'static str,
    module: &'static str,
    /// A module that it requires directly.
    x: &'static str,
}

const fn project(name: &'static str, module: &'static str, x: &'static str) -> Project {
    Project { name, module, x }
}

const PROJECTS: [Project; 7] = [
    project(
        "cobra",
        "github.com/spf13/cobra@v1.8.1",
        "github.com/spf13/pflag",
    ),
    project(
        "fzf",
        "github.com/junegunn/fzf@v0.55.0",
        "github.com/gdamore/tcell/v2",
    ),
    project(
        "yq",
        "github.com/mikefarah/yq/v4@v4.44.3",
        "github.com/spf13/cobra",
    ),
    project(
        "task",
        "github.com/go-task/task/v3@v3.39.0",
        "github.com/spf13/pflag",
    ),
    project(
        "lazygit",
        "github.com/jesseduffield/lazygit@v0.44.0",
        "github.com/spf13/afero",
    ),
    project(
        "caddy",
        "github.com/caddyserver/caddy/v2@v2.8.4",
        "github.com/google/uuid",
    ),
    project(
        "prometheus",
        "github.com/prometheus/prometheus@v0.54.0",
        "github.com/miekg/dns",
    ),
];

/// Stocked beside the project: what is to be imported, and a program, which is its tool as well.
const ADDED: &str = "github.com/google/btree";
const TOOL: &str = "golang.org/x/tools/cmd/stringer";
const TOOL_VERSION: &str = "v0.38.0";
/// The toolchain line that the first project gets.
const TOOLCHAIN: &str = "go1.27.4";

/// Offline a command may take so many times what it takes online, and a moment: the clock of a busy machine is coarse.
const SLOWER: f64 = 1.5;
const MOMENT: Duration = Duration::from_millis(500);
/// For one command: a large project is compiled in it.
const DEADLINE: Duration = Duration::from_secs(45 * 60);

/// What is run, with `X`, `V` and `ADDED` as they are for the project.
const ROWS: [(&str, &[&str]); 19] = [
    ("`go mod download`", &["mod download"]),
    ("`go build ./...`", &["build ./..."]),
    ("`go test ./...`, compiled", &["test -run=^$ ./..."]),
    ("`go vet ./...`", &["vet ./..."]),
    ("`go mod tidy`", &["mod tidy"]),
    (
        "`go mod tidy`, once a kept module is imported",
        &["mod tidy", "build ./added"],
    ),
    ("`go get X@latest`", &["get X@latest"]),
    ("`go get X@v`", &["get X@V"]),
    ("`go get -u ./...`", &["get -u ./..."]),
    ("`go list -m -u all`", &["list -m -u all"]),
    ("`go list -m -versions X`", &["list -m -versions X"]),
    ("`go install P@v`", &["install P@PV"]),
    ("`go install P@latest`", &["install P@latest"]),
    ("`go mod vendor`", &["mod vendor"]),
    ("`go mod why`", &["mod why -m X"]),
    ("`go mod verify`", &["mod download", "mod verify"]),
    ("`go work sync`", &["work init .", "work sync"]),
    ("`go tool T`", &["tool stringer -help"]),
    (SWITCH, &["version"]),
];

const SWITCH: &str = "toolchain switch (`GOTOOLCHAIN=auto`)";

/// What came of a row: how long each took, or why it failed.
struct Cell {
    row: &'static str,
    online: Result<Duration, String>,
    offline: Result<Duration, String>,
}

impl Cell {
    fn is_slow(&self) -> bool {
        match (&self.online, &self.offline) {
            (Ok(online), Ok(offline)) => *offline > online.mul_f64(SLOWER) + MOMENT,
            _ => false,
        }
    }

    /// What the table says.
    fn shown(&self) -> String {
        match (&self.online, &self.offline) {
            (Ok(online), Ok(offline)) => format!(
                "{:.1} s ({:.1} s)",
                offline.as_secs_f32(),
                online.as_secs_f32()
            ),
            (Err(_), Ok(offline)) => format!("{:.1} s (fails)", offline.as_secs_f32()),
            (Ok(_), Err(_)) => "no".to_owned(),
            (Err(_), Err(_)) => "fails online too".to_owned(),
        }
    }
}

/// Larder before the first of Go's own upstreams, in a home of its own whose `go` asks it. The others of them are there for what
/// the first one does not have, and run version control.
fn serve(home: &TempHome) -> Larder {
    let mut asked = home.go(&["env", "GOPROXY"]);
    let list = test_support::run(asked.env("GOENV", "off"))
        .success()
        .stdout;
    let first = list.trim().split([',', '|']).next().unwrap();
    let larder = Larder::start(bin(), home, &["--port", "0", "--upstreams", first]);
    crate::point_go_at(home, &larder);
    larder
}

fn new_home() -> TempHome {
    let home = TempHome::new();
    home.use_sumdb();
    home
}

/// Unpacks the project's zip; gives the folder, and the newest version of its X.
fn unpack(home: &TempHome, project: &Project) -> (PathBuf, String) {
    let mut download = home.go(&["mod", "download", "-json", project.module]);
    let told = run_within(&mut download, DEADLINE).success().stdout;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let folder = home.path().join("work").join(project.name);
    copy(Path::new(told["Dir"].as_str().unwrap()), &folder);
    let query = format!("{}@latest", project.x);
    let args = ["list", "-m", "-f", "{{.Version}}", &query];
    let newest = run_within(
        home.go(&args).current_dir(home.path().join("work")),
        DEADLINE,
    );
    (folder, newest.success().stdout.trim().to_owned())
}

/// The commands of one row, in a copy of the project, by somebody whose module cache is empty.
fn run_row(
    home: &TempHome,
    (name, lines): (&str, &[&str]),
    project: &Project,
    newest: &str,
    original: &Path,
) -> Result<Duration, String> {
    let at = home.path().join("cell");
    let _ = fs::remove_dir_all(&at);
    fs::create_dir_all(at.join("gopath")).unwrap();
    let copied = at.join(project.name);
    copy(original, &copied);
    if lines.contains(&"build ./added") {
        let code = format!("package added\n\nimport _ \"{ADDED}\"\n");
        fs::create_dir(copied.join("added")).unwrap();
        fs::write(copied.join("added/added.go"), code).unwrap();
    }
    let mut took = Duration::ZERO;
    for line in lines {
        let line = line
            .replace("P@PV", &format!("{TOOL}@{TOOL_VERSION}"))
            .replace("P@latest", &format!("{TOOL}@latest"))
            .replace("X@V", &format!("{}@{newest}", project.x))
            .replace('X', project.x);
        let args: Vec<&str> = line.split(' ').collect();
        let mut go = home.go(&args);
        go.env("GOPATH", at.join("gopath"))
            .env("GOMODCACHE", at.join("modcache"))
            .current_dir(&copied);
        if name == SWITCH {
            go.env("GOTOOLCHAIN", "auto");
        }
        let output: Output = run_within(&mut go, DEADLINE);
        took += output.took;
        // `-help` ends with 2, as flags do.
        let is_good = output.status.success()
            || line.ends_with("-help") && output.stderr.contains("Usage of stringer");
        if !is_good {
            return Err(output.to_string());
        }
    }
    Ok(took)
}

/// The rows whose names have in them one of what `LARDER_MATRIX_ROWS` lists; all where it is not set.
fn rows() -> Vec<(&'static str, &'static [&'static str])> {
    let only = std::env::var("LARDER_MATRIX_ROWS").unwrap_or_default();
    let is_asked_for = |(name, _): &(&str, _)| only.split(',').any(|part| name.contains(part));
    ROWS.iter().copied().filter(is_asked_for).collect()
}

fn matrix_of(project: &Project) -> (Vec<Cell>, String) {
    let (online, stocked) = (new_home(), new_home());
    let larder = serve(&online);
    let (folder, newest) = unpack(&online, project);
    let tool = format!("{TOOL}@{TOOL_VERSION}");
    let mut add = online.go(&["get", "-tool", &tool]);
    run_within(add.current_dir(&folder), DEADLINE).success();
    if project.name == PROJECTS[0].name {
        let line = format!("-toolchain={TOOLCHAIN}");
        test_support::run(online.go(&["mod", "edit", &line]).current_dir(&folder)).success();
    }
    let rows = || rows().into_iter();
    let warm: Vec<_> = rows()
        .map(|row| {
            // Once for what is kept and for what is compiled.
            run_row(&online, row, project, &newest, &folder)?;
            run_row(&online, row, project, &newest, &folder)
        })
        .collect();
    larder.terminate();

    let larder = serve(&stocked);
    let started = Instant::now();
    let mut stock = stocked.larder(bin());
    stock.arg("stock").arg(&folder).args([
        format!("{ADDED}@latest"),
        tool,
        format!("{TOOL}@latest"),
    ]);
    let report = run_within(&mut stock, DEADLINE);
    let stock_took = started.elapsed();
    eprintln!(
        "{}: stocked in {:.0} s: {report}",
        project.name,
        stock_took.as_secs_f32()
    );
    larder.terminate();

    // Whoever leaves this machine from now on finds nobody.
    let nobody = DeadAddress::new();
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        stocked.set_env(name, nobody.url());
    }
    stocked.set_env("NO_PROXY", "127.0.0.1,localhost");
    let larder = serve(&stocked);
    wait_for_the_notice(&stocked, &larder);
    let cells = rows().zip(warm).map(|(row, online)| {
        let run = || run_row(&stocked, row, project, &newest, &folder);
        let mut cell = Cell {
            row: row.0,
            online,
            offline: run(),
        };
        // Something else may have been going on in the machine: the best of three counts.
        for _ in 0..2 {
            if cell.is_slow()
                && let (Ok(again), Ok(before)) = (run(), &cell.offline)
            {
                cell.offline = Ok(again.min(*before));
            }
        }
        eprintln!("{}, {}: {}", project.name, cell.row, cell.shown());
        cell
    });
    let cells = cells.collect();
    larder.terminate();
    (cells, format!("{:.0} s", stock_took.as_secs_f32()))
}

#[test]
#[ignore = "takes long, and asks the real upstreams: make matrix"]
fn real_projects_offline_after_stock() {
    // `LARDER_MATRIX=cobra,fzf` does these alone.
    let only = std::env::var("LARDER_MATRIX").unwrap_or_default();
    let is_asked_for =
        |project: &&Project| only.is_empty() || only.split(',').any(|name| name == project.name);
    let projects: Vec<&Project> = PROJECTS.iter().filter(is_asked_for).collect();
    assert!(!projects.is_empty(), "no such project: {only}");
    let done: Vec<_> = projects.iter().map(|project| matrix_of(project)).collect();

    let mut shown = String::from("| command |");
    for project in &projects {
        write!(shown, " {} |", project.name).unwrap();
    }
    writeln!(shown, "\n|---|{}", "---|".repeat(projects.len())).unwrap();
    shown += "| `larder stock` |";
    for (_, stock) in &done {
        write!(shown, " {stock} |").unwrap();
    }
    for (at, (row, _)) in rows().iter().enumerate() {
        write!(shown, "\n| {row} |").unwrap();
        for (cells, _) in &done {
            write!(shown, " {} |", cells[at].shown()).unwrap();
        }
    }
    println!("\n{shown}\n");
    if done.len() == PROJECTS.len() && rows().len() == ROWS.len() {
        table::write_real(&shown);
    }

    let mut wrong = String::new();
    for (project, (cells, _)) in projects.iter().zip(&done) {
        for cell in cells {
            let name = format!("{}, {}", project.name, cell.row);
            match (&cell.online, &cell.offline) {
                (Ok(_), Err(said)) => writeln!(wrong, "{name}: {said}\n").unwrap(),
                (Ok(_), Ok(_)) if cell.is_slow() => {
                    writeln!(wrong, "{name} is slow: {}", cell.shown()).unwrap();
                }
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
