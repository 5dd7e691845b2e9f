//! Credentials for upstreams: kept in a keyring of the test's own, shown to whom they belong, and seen nowhere else.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use test_support::{Behaviour, FakeProxy, Larder, Output, TempHome, TlsFront, http, run};

use crate::{bin, json, larder, until};

const SECRET: &str = "hunter2-0001";
/// `ann:hunter2-0001`, as Basic authentication sends it.
const BASIC: &str = "Basic YW5uOmh1bnRlcjItMDAwMQ==";

/// A bus that starts no service by itself.
const BARE_BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><keep_umask/><listen>unix:path=SOCKET</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"#;

/// A session bus of one home, with gnome-keyring on it; the keyring of whoever runs the tests is never touched.
pub(crate) struct Desktop(Vec<Child>);

impl Desktop {
    /// Starts both, and tells the home of the bus. None, with a word of it, where they are not installed.
    pub(crate) fn start(home: &TempHome) -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        for tool in ["dbus-daemon", "dbus-send", "gnome-keyring-daemon"] {
            if !std::env::split_paths(&path).any(|folder| folder.join(tool).is_file()) {
                // Not by `eprintln!`, which the test harness swallows.
                let said = format!("SKIPPED a test of credentials: without {tool}\n");
                let _ = std::io::stderr().write_all(said.as_bytes());
                return None;
            }
        }
        let socket = home.path().join("runtime/bus");
        let config = BARE_BUS.replace("SOCKET", socket.to_str().unwrap());
        let config = home.write("bus.conf", config);
        let mut desktop = Self(Vec::new());
        let mut bus = Command::new("dbus-daemon");
        bus.arg("--nofork")
            .arg(format!("--config-file={}", config.display()));
        desktop.spawn(home, &mut bus);
        until("the bus is there", || socket.exists());
        home.set_env(
            "DBUS_SESSION_BUS_ADDRESS",
            format!("unix:path={}", socket.display()),
        );
        let mut keyring = Command::new("gnome-keyring-daemon");
        keyring.args(["--foreground", "--unlock", "--components=secrets"]);
        let mut password = desktop.spawn(home, &mut keyring);
        password.write_all(b"test-password\n").unwrap();
        drop(password);
        until("the keyring is there", || {
            let mut ask = Command::new("dbus-send");
            ask.args([
                "--session",
                "--print-reply",
                "--dest=org.freedesktop.DBus",
                "/",
            ]);
            ask.args([
                "org.freedesktop.DBus.GetNameOwner",
                "string:org.freedesktop.secrets",
            ]);
            run(home.apply(&mut ask)).status.success()
        });
        Some(desktop)
    }

    /// Locks the keyring. Nobody is there who could be asked to unlock it.
    pub(crate) fn lock(&self, home: &TempHome) {
        let mut lock = Command::new("dbus-send");
        lock.args([
            "--session",
            "--print-reply",
            "--dest=org.freedesktop.secrets",
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.Lock",
            "array:objpath:/org/freedesktop/secrets/collection/login",
        ]);
        run(home.apply(&mut lock)).success();
    }

    fn spawn(&mut self, home: &TempHome, command: &mut Command) -> std::process::ChildStdin {
        let command = home.apply(command).stdin(Stdio::piped());
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        self.0.push(child);
        stdin
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        for child in self.0.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A proxy that answers only those who send this.
fn demanding(authorization: &str) -> FakeProxy {
    let proxy = crate::proxy();
    demand(&proxy, authorization);
    proxy
}

fn demand(proxy: &FakeProxy, authorization: &str) {
    let wanted = authorization.to_owned();
    proxy.clear_behaviours();
    proxy.on_match(
        move |request| request.header("Authorization") != Some(&wanted),
        Behaviour::status(401, "who are you?"),
    );
}

/// Settings with one profile, `company`, in force.
fn settings(home: &TempHome, upstream: &str, more: &str) {
    let text = format!(
        "profile = \"company\"\nfresh-for = \"0s\"\n{more}\n[profiles.company]\nupstreams = \"{upstream}\"\nchecksum-database = \"off\"\n"
    );
    let path = home.write("larder/config/settings.toml", text);
    fs::set_permissions(path.parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
}

fn start(home: &TempHome) -> Larder {
    Larder::start(bin(), home, &["--port", "0"])
}

fn list(larder: &Larder) -> (u16, String) {
    let reply = http::get(&format!("{}/example.com/hello/@v/list", larder.goproxy()));
    (reply.status, reply.text())
}

/// Runs a command with this on its standard input.
#[track_caller]
fn with_input(home: &TempHome, args: &[&str], input: &str) -> Output {
    let file = home.write("input", input);
    let mut command = Command::new("sh");
    command.args(["-c", "input=$1; shift; exec \"$@\" < \"$input\"", "sh"]);
    command.arg(&file).arg(bin()).args(args);
    let output = run(home.apply(&mut command));
    fs::remove_file(file).unwrap();
    output
}

/// Fails where a secret is in a file below this folder.
#[track_caller]
fn no_secret_below(folder: &Path, secrets: &[&str]) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = fs::symlink_metadata(&path).unwrap().file_type();
        if kind.is_dir() {
            no_secret_below(&path, secrets);
        } else if kind.is_file() {
            let bytes = fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            for secret in secrets {
                assert!(!text.contains(secret), "{secret} is in {}", path.display());
            }
        }
    }
}

#[track_caller]
fn no_secret_in_processes(secret: &str) {
    let all = run(Command::new("ps").args(["-eo", "args"]))
        .success()
        .stdout;
    assert!(!all.contains(secret), "{all}");
}

#[test]
fn a_login_is_shown_from_the_next_request_on_and_after_logout_no_more() {
    let home = TempHome::new();
    let Some(_desktop) = Desktop::start(&home) else {
        return;
    };
    let proxy = demanding(BASIC);
    settings(&home, &proxy.url(), "");
    let running = start(&home);
    let (status, text) = list(&running);
    assert!(
        status != 200 && status != 404 && text.contains("401"),
        "{status} {text}"
    );

    let wrong = with_input(
        &home,
        &["login", "company", "--user", "ann", "--stdin"],
        "wrong\n",
    );
    wrong.success();
    assert_ne!(list(&running).0, 200);
    let input = format!("{SECRET}\n");
    let done = with_input(
        &home,
        &["login", "company", "--user", "ann", "--stdin"],
        &input,
    );
    assert!(
        done.stdout.contains("The password of ann") && done.stdout.contains("the keyring"),
        "{done}"
    );
    done.success();
    assert_eq!(list(&running), (200, "v1.0.0\nv1.1.0\n".to_owned()));

    let shown = larder(&home, &["credentials"]).success();
    assert!(
        shown.stdout.contains(&proxy.url()) && shown.stdout.contains("ann"),
        "{shown}"
    );
    let told = json(&larder(&home, &["credentials", "--json"]).success());
    assert_eq!(told["kept"][0]["kept_in"], "keyring", "{told}");
    for text in [shown.to_string(), told.to_string(), running.log()] {
        assert!(
            !text.contains(SECRET) && !text.contains(&BASIC[6..]),
            "{text}"
        );
    }
    no_secret_below(&home.larder_home(), &[SECRET, &BASIC[6..]]);
    no_secret_in_processes(SECRET);

    // It outlives the instance, and is for this upstream alone.
    running.run(&["stop"]).success();
    let running = start(&home);
    assert_eq!(list(&running).0, 200);
    let gone = running.run(&["logout", &proxy.url()]).success();
    assert!(gone.stdout.contains("is removed (keyring)"), "{gone}");
    assert_ne!(list(&running).0, 200);
    running.run(&["logout", "company"]).code(1);
    let none = larder(&home, &["credentials"]).success();
    assert!(none.stderr.contains("Nothing is kept"), "{none}");
}

#[test]
fn without_an_instance_a_token_is_kept_for_the_next_one() {
    let home = TempHome::new();
    let Some(_desktop) = Desktop::start(&home) else {
        return;
    };
    let proxy = demanding(&format!("Bearer {SECRET}"));
    settings(&home, &proxy.url(), "");
    let url = proxy.url();
    with_input(&home, &["login", &url, "--token", "--stdin"], SECRET).success();
    assert_eq!(list(&start(&home)).0, 200);
    no_secret_below(&home.larder_home(), &[SECRET]);
}

#[test]
fn credentials_are_taken_over_from_urls_and_from_netrc() {
    let home = TempHome::new();
    let Some(_desktop) = Desktop::start(&home) else {
        return;
    };
    let proxy = demanding(BASIC);
    let url = proxy.url();
    settings(
        &home,
        &url.replace("http://", &format!("http://ann:{SECRET}@")),
        "# a comment",
    );
    let running = start(&home);
    assert_eq!(list(&running).0, 200);
    let done = running
        .run(&["credentials", "import", "--profile", "company"])
        .success();
    assert!(!done.to_string().contains(SECRET), "{done}");
    let text = fs::read_to_string(home.larder_home().join("config/settings.toml")).unwrap();
    assert!(
        text.contains(&url) && text.contains("# a comment"),
        "{text}"
    );
    no_secret_below(&home.larder_home(), &[SECRET]);
    assert_eq!(list(&running).0, 200);
    running
        .run(&["credentials", "import", "--profile", "company"])
        .code(1);
    running
        .run(&["credentials", "import", "--profile", "nobody"])
        .code(1);
    running.run(&["logout", "company"]).success();
    assert_ne!(list(&running).0, 200);

    running.run(&["credentials", "import", "--netrc"]).code(1);
    let host = proxy.addr();
    home.write(
        "home/.netrc",
        format!("machine {host} login ann password {SECRET}\n"),
    );
    running.run(&["credentials", "import", "--netrc"]).success();
    assert_eq!(list(&running).0, 200);
}

#[test]
fn without_a_keyring_the_choices_are_told_and_nothing_is_kept() {
    let (home, proxy) = (TempHome::new(), demanding(BASIC));
    settings(&home, &proxy.url(), "");
    let args = ["login", "company", "--user", "ann", "--stdin"];
    let failed = with_input(&home, &args, SECRET).code(1);
    for says in ["no keyring", "--encrypted-file", "netrc = true"] {
        assert!(failed.stderr.contains(says), "{failed}");
    }
    assert!(!failed.to_string().contains(SECRET), "{failed}");
    let told = json(&larder(&home, &["credentials", "--json"]).success());
    assert_eq!(told["kept"], serde_json::json!([]), "{told}");
    no_secret_below(&home.larder_home(), &[SECRET]);
}

#[test]
fn netrc_is_read_where_the_settings_allow_it() {
    let (home, proxy) = (TempHome::new(), demanding(BASIC));
    let netrc = format!("machine {} login ann password {SECRET}\n", proxy.addr());
    home.write("home/.netrc", netrc);
    settings(&home, &proxy.url(), "");
    let running = start(&home);
    assert_ne!(list(&running).0, 200);
    running.run(&["stop"]).success();
    settings(&home, &proxy.url(), "[credentials]\nnetrc = true\n");
    assert_eq!(list(&start(&home)).0, 200);
    no_secret_below(&home.larder_home(), &[SECRET]);
}

#[test]
fn a_helper_is_asked_anew_once_when_its_token_is_refused() {
    let (home, proxy) = (TempHome::new(), demanding("Bearer token-0001"));
    let runs = home.path().join("runs");
    let script = format!(
        "#!/bin/sh\ncat >/dev/null\necho x >> {runs}\nprintf 'token=token-%04d\\n' $(wc -l < {runs})\n",
        runs = runs.display()
    );
    let helper = home.write("helper", script);
    fs::set_permissions(&helper, fs::Permissions::from_mode(0o700)).unwrap();
    let more = format!(
        "[credentials.helpers]\n\"{}\" = [\"{}\"]\n",
        proxy.url(),
        helper.display()
    );
    settings(&home, &proxy.url(), &more);
    let running = start(&home);
    let times = || fs::read_to_string(&runs).unwrap().lines().count();
    assert_eq!((list(&running).0, list(&running).0, times()), (200, 200, 1));
    demand(&proxy, "Bearer token-0002");
    assert_eq!((list(&running).0, list(&running).0, times()), (200, 200, 2));
    // Refused again right after: no further run for each request.
    demand(&proxy, "Bearer another");
    assert_ne!(list(&running).0, 200);
    assert_ne!(list(&running).0, 200);
    assert_eq!(times(), 2);
    let shown = running.run(&["credentials"]).success();
    assert!(
        shown.stdout.contains("is asked of the helper command"),
        "{shown}"
    );
    no_secret_below(&home.larder_home(), &["token-0001", "token-0002"]);
}

#[test]
fn a_private_authority_and_a_client_certificate_are_of_the_profile() {
    let home = TempHome::new();
    let proxy = crate::proxy();
    let front = TlsFront::demanding_client_certificate(proxy.addr());
    let ca = home.write("ca.pem", front.ca_pem());
    let client = home.write("client.pem", front.client_pem());
    fs::set_permissions(&client, fs::Permissions::from_mode(0o600)).unwrap();
    let way = |ca: Option<&Path>, client: Option<&Path>| {
        settings(&home, &front.url(), "");
        let path = home.larder_home().join("config/settings.toml");
        let mut text = fs::read_to_string(&path).unwrap();
        for (key, file) in [("extra-ca", ca), ("client-certificate", client)] {
            if let Some(file) = file {
                text += &format!("{key} = \"{}\"\n", file.display());
            }
        }
        fs::write(path, text).unwrap();
    };
    for (ca, client, works) in [
        (None, None, false),
        (Some(&*ca), None, false),
        (Some(&*ca), Some(&*client), true),
    ] {
        way(ca, client);
        let running = start(&home);
        assert_eq!(list(&running).0 == 200, works, "{}", running.log());
        running.run(&["stop"]).success();
    }
    fs::set_permissions(&client, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = larder(&home, &["serve", "--port", "0"]).code(2);
    assert!(refused.stderr.contains("chmod 600"), "{refused}");
    assert!(!refused.stderr.contains("BEGIN"), "{refused}");
}

#[test]
fn nonsense_is_refused_with_a_mend() {
    let home = TempHome::new();
    settings(&home, "https://a.example,https://b.example", "");
    for (args, code, says) in [
        (
            &["login", "company", "--user", "a", "--stdin"][..],
            2,
            "several upstreams",
        ),
        (&["login", "nobody", "--token", "--stdin"], 1, "neither"),
        (
            &["login", "http://a.example", "--token", "--stdin"],
            2,
            "in the open",
        ),
        (
            &[
                "login",
                "https://ann:hunter2-0001@a.example",
                "--token",
                "--stdin",
            ],
            2,
            "command line",
        ),
        (
            &["login", "file:///srv", "--token", "--stdin"],
            2,
            "file://",
        ),
        (&["login", "https://a.example", "--stdin"], 2, "--user NAME"),
        (
            &["login", "https://a.example", "--token", "--stdin"],
            2,
            "is empty",
        ),
        (
            &["login", "https://a.example", "--user", "x", "--token"],
            2,
            "cannot be used",
        ),
        (&["logout", "https://a.example"], 1, "nothing is kept"),
        (&["credentials", "import"], 2, "--netrc"),
        (
            &["credentials", "unlock", "--stdin"],
            1,
            "no encrypted file",
        ),
    ] {
        let refused = larder(&home, args).code(code);
        assert!(refused.stderr.contains(says), "{refused}");
        assert!(!refused.stderr.contains(SECRET), "{refused}");
    }
    let token = with_input(
        &home,
        &["login", "https://a.example", "--token", "--stdin"],
        "two words\n",
    );
    assert!(token.code(2).stderr.contains("holds a space"));
}

#[test]
fn go_gets_nothing_where_there_is_nothing() {
    let home = TempHome::new();
    let nothing = |output: Output| {
        let output = output.success();
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
    };
    nothing(larder(&home, &["goauth"]));
    settings(&home, "off", "");
    let _running = start(&home);
    nothing(larder(&home, &["goauth"]));
    let answer = "HTTP/1.1 401 Unauthorized\r\n\r\n";
    nothing(with_input(
        &home,
        &["goauth", "https://a.example/x"],
        answer,
    ));
}

/// What a person sees who types these answers at a terminal, each when its question has come.
fn at_terminal(home: &TempHome, args: &[&str], answers: &[(&str, &str)]) -> String {
    use std::io::Read as _;
    let line: Vec<&str> = [bin().to_str().unwrap()]
        .iter()
        .chain(args)
        .copied()
        .collect();
    let mut command = Command::new("script");
    command.args(["-qefc", &line.join(" "), "/dev/null"]);
    let mut child = home
        .apply(&mut command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut keys, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut seen, mut read_to) = (String::new(), 0);
    let mut more = |seen: &mut String| {
        let mut bytes = [0; 4096];
        let count = screen.read(&mut bytes).unwrap_or(0);
        seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
        count > 0
    };
    for (question, answer) in answers {
        while !seen[read_to..].contains(question) {
            assert!(more(&mut seen), "{question} did not come: {seen}");
        }
        read_to = seen.len();
        // The echo is switched off a moment after the question is on the screen.
        std::thread::sleep(std::time::Duration::from_millis(500));
        keys.write_all(format!("{answer}\n").as_bytes()).unwrap();
    }
    while more(&mut seen) {}
    child.wait().unwrap();
    seen
}

#[test]
fn at_a_terminal_nothing_is_echoed_and_a_passphrase_protects_the_file() {
    let (home, proxy) = (TempHome::new(), demanding(BASIC));
    settings(&home, &proxy.url(), "");
    let seen = at_terminal(
        &home,
        &["login", "company", "--encrypted-file"],
        &[
            ("User for", "ann"),
            ("Password of ann", SECRET),
            ("New passphrase", "correct horse"),
            ("once more", "correct horse"),
        ],
    );
    assert!(seen.contains("kept in the encrypted file"), "{seen}");
    assert!(!seen.contains(SECRET) && !seen.contains("horse"), "{seen}");
    no_secret_below(&home.larder_home(), &[SECRET, "correct horse"]);

    let running = start(&home);
    let (status, text) = list(&running);
    assert!(
        status != 200 && text.contains("larder credentials unlock"),
        "{status} {text}"
    );
    let wrong = with_input(&home, &["credentials", "unlock", "--stdin"], "wrong\n").code(2);
    assert!(wrong.stderr.contains("passphrase does not open"), "{wrong}");
    with_input(
        &home,
        &["credentials", "unlock", "--stdin"],
        "correct horse\n",
    )
    .success();
    assert_eq!(list(&running).0, 200);
    running.run(&["logout", "company"]).success();
    assert_ne!(list(&running).0, 200);
}
