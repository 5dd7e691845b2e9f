//! A test, or a command of one, without any network but loopback: so that nothing it does can depend on another.
//!
//! Each runs in a network namespace of its own, with a loopback of its own. What listens outside can't be reached from
//! inside, nor the other way round, also not on 127.0.0.1: a fake or a Larder that a command is to talk to must run inside
//! with it. So a whole journey goes into one command ([`cut_off`]), or the whole test goes inside ([`runs_cut_off`]).
//!
//! It needs `unshare` of util-linux, `ip` of iproute2, and a system that lets anybody make namespaces.

use std::{env, ffi::OsStr, process::Command, time::Duration};

use crate::{run, run_within};

const INSIDE: &str = "LARDER_TEST_INSIDE_NETWORK_NAMESPACE";

/// Sets loopback up and becomes the command behind it.
const BEGIN: &str = "ip link set lo up && exec \"$@\"";

/// The command, to be run without a network. It has the arguments, the folder and the variables that were set on the
/// given one and, but for `PATH`, no others: as those of a [`TempHome`](crate::TempHome). Inside it is root by name.
///
/// Where the system does not allow it there is none, and standard error says why.
pub fn cut_off(command: Command) -> Option<Command> {
    if let Err(reason) = allowed() {
        #[expect(clippy::print_stderr, reason = "a test that is left out says why")]
        {
            eprintln!("{command:?} is not run without a network: {reason}");
        }
        return None;
    }
    let mut inside = unshare();
    inside.arg(command.get_program()).args(command.get_args());
    inside.env_clear();
    if let Some(path) = env::var_os("PATH") {
        inside.env("PATH", path);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => inside.env(name, value),
            None => inside.env_remove(name),
        };
    }
    if let Some(dir) = command.get_current_dir() {
        inside.current_dir(dir);
    }
    Some(inside)
}

/// Whether this is the second run of a test, without a network. In the first run it makes the second one and panics unless
/// that passes; then the test has nothing left to do.
///
/// `test` is the test's path as `cargo test` lists it.
#[track_caller]
pub fn runs_cut_off(test: &str) -> bool {
    runs_cut_off_with(test, &[])
}

/// As [`runs_cut_off`]; the second run finds these variables in its environment: what the first one has fetched with a
/// network, and the second is to use without.
#[track_caller]
pub fn runs_cut_off_with(test: &str, variables: &[(&str, &OsStr)]) -> bool {
    if is_cut_off() {
        return true;
    }
    if let Err(reason) = allowed() {
        panic!("this test runs without a network, and can't: {reason}");
    }
    let mut again = unshare();
    again
        .arg(env::current_exe().expect("this test is a program"))
        .args([test, "--exact", "--nocapture"])
        .envs(variables.iter().copied())
        .env(INSIDE, "1");
    let output = run_within(&mut again, Duration::from_secs(300)).success();
    assert!(
        output.stdout.contains("1 passed"),
        "no test {test}: {output}"
    );
    false
}

/// Whether this is the second run of a test, without a network: then what needs one has been done by the first.
pub fn is_cut_off() -> bool {
    env::var_os(INSIDE).is_some()
}

/// Runs what is added as further arguments inside.
fn unshare() -> Command {
    let mut command = Command::new("unshare");
    command.args(["-rn", "sh", "-c", BEGIN, "sh"]);
    command
}

fn allowed() -> Result<(), String> {
    let tried = run(unshare().arg("true"));
    if tried.status.success() {
        return Ok(());
    }
    Err(format!(
        "this system allows no network namespaces, or has no `ip`: {}",
        tried.stderr.trim()
    ))
}

#[cfg(test)]
mod tests {
    use std::{
        io::ErrorKind,
        net::{SocketAddr, TcpStream},
        process::Command,
        time::Duration,
    };

    use super::{cut_off, runs_cut_off};
    use crate::{FakeProxy, http, run};

    #[test]
    fn a_test_cut_off_has_a_loopback_and_nothing_else() {
        if !runs_cut_off("network::tests::a_test_cut_off_has_a_loopback_and_nothing_else") {
            return;
        }
        let proxy = FakeProxy::start_blocking();
        proxy.put("/here", "text/plain", "yes");
        assert_eq!(http::get(&proxy.url_of("/here")).text(), "yes");
        let outside: SocketAddr = "192.0.2.1:80".parse().unwrap();
        let error = TcpStream::connect_timeout(&outside, Duration::from_secs(10)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NetworkUnreachable);
    }

    #[test]
    fn a_command_cut_off_keeps_what_was_set_on_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command
            .args([
                "-c",
                "echo \"$1 $SET ${CARGO_MANIFEST_DIR-unset}\"; pwd",
                "sh",
                "a b",
            ])
            .env("SET", "set")
            .current_dir(folder.path());
        let Some(mut inside) = cut_off(command) else {
            return;
        };
        let output = run(&mut inside).success();
        let pwd = folder.path().canonicalize().unwrap();
        assert_eq!(output.stdout, format!("a b set unset\n{}\n", pwd.display()));
    }
}
