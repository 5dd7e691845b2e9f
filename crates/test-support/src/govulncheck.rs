//! The real govulncheck, for tests of what it says.

use std::{fs, path::Path, time::Duration};

use crate::{Larder, TempHome, run, run_within};

/// One that is known to work on the kept copy; a newer one may ask for other files.
const GOVULNCHECK: &str = "golang.org/x/vuln/cmd/govulncheck@v1.9.0";

/// Puts it where `go install` puts programs in this home. It is installed through the larder binary at `bin`, in a home of
/// its own, from the first of Go's own upstreams.
#[track_caller]
pub fn install_govulncheck(home: &TempHome, bin: &Path) {
    let own = TempHome::new();
    own.use_sumdb();
    let mut asked = own.go(&["env", "GOPROXY"]);
    let list = run(asked.env("GOENV", "off")).success().stdout;
    let first = list.trim().split([',', '|']).next().unwrap();
    let larder = Larder::start(bin, &own, &["--port", "0", "--upstreams", first]);
    let go_env = format!("GOPROXY={}\n", larder.goproxy());
    fs::write(own.goenv_file(), go_env).expect("a file in a home");
    let mut install = own.go(&["install", GOVULNCHECK]);
    run_within(&mut install, Duration::from_secs(600)).success();
    larder.terminate();
    let installed = |home: &TempHome| home.gopath().join("bin/govulncheck");
    fs::create_dir_all(home.gopath().join("bin")).expect("a folder in the home");
    fs::copy(installed(&own), installed(home)).expect("a file in the home");
}
