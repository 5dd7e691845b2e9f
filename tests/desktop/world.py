"""What a test of the desktop program has: a home of its own, two upstreams, the programs, and the desktop around it."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import unittest

import dbus

from tray_item import TrayItem
from upstream import Upstream

PROGRAMS = pathlib.Path(os.environ["LARDER_PROGRAMS"])
TRAY = PROGRAMS / "larder-tray"
LARDER = PROGRAMS / "larder"
# A machine with many tests at once is slow; what is waited for comes within a fraction of it.
PATIENCE = 60


def until(what, holds, patience=PATIENCE):
    """Waits until something holds, and gives it back."""
    end = time.monotonic() + patience
    while True:
        found = holds()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience} s: {what}")
        time.sleep(0.05)


def children_of(pid):
    """The processes below this one, by number and name."""
    below, known = {}, {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                name, rest = (entry / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
            except OSError:
                continue
            known[int(entry.name)] = (int(rest.split()[1]), name)
    for number in sorted(known):
        parent = number
        while parent in known and parent != pid:
            parent = known[parent][0]
        if parent == pid and number != pid:
            below[number] = known[number][1]
    return below


class World(unittest.TestCase):
    """A test with all that around it; nothing of it is left behind."""

    # What the first upstream has besides.
    MORE = ()

    def setUp(self):
        self.home = pathlib.Path(os.environ["HOME"])
        self.larder_home = self.home / "larder"
        self.go_env = self.home / "go-env"
        self.bus = dbus.SessionBus()
        self.one = Upstream(("example.com/one", "v1.0.0"), ("example.com/both", "v1.0.0"), *self.MORE)
        self.two = Upstream(("example.com/two", "v1.0.0"), ("example.com/both", "v1.0.0"))
        self.env = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("GO", "LARDER_")) and not name.lower().endswith("_proxy")
        }
        self.env |= {
            "LARDER_HOME": str(self.larder_home),
            "GOENV": str(self.go_env),
            "GOPATH": str(self.home / "gopath"),
            "GOTOOLCHAIN": "local",
            "GOFLAGS": "-modcacherw",
        }
        config = self.larder_home / "config"
        config.mkdir(parents=True, mode=0o700)
        self.larder_home.chmod(0o700)
        profiles = [("public", self.one), ("company", self.two)]
        text = "".join(
            f'[profiles.{name}]\nupstreams = "{upstream.url}"\nchecksum-database = "off"\n\n'
            for name, upstream in profiles
        )
        # Two desktops at once must not take each other's port while one of them starts Larder anew.
        self.reserved = socket.socket()
        self.reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.reserved.bind(("127.0.0.1", 0))
        (config / "settings.toml").write_text(f"port = {self.reserved.getsockname()[1]}\n{text}")
        (config / "settings.toml").chmod(0o600)
        self.started = []

    def tearDown(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()
        self.one.close()
        self.two.close()
        self.reserved.close()

    def start(self, *command, **more):
        """Starts a program that the end of the test ends."""
        log = open(self.home / f"log-{len(self.started)}", "w")
        process = subprocess.Popen(
            [str(part) for part in command], env=self.env | more, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        log.close()
        self.started.append(process)
        return process

    def start_tray(self, *arguments, **more):
        """Starts the desktop program, and waits until it serves."""
        process = self.start(TRAY, *arguments, **more)
        until("the engine answers", lambda: self.larder("status", check=False).returncode == 0)
        return process

    def logs(self):
        """What all programs have said so far."""
        return "\n".join(log.read_text() for log in sorted(self.home.glob("log-*")))

    def run_program(self, *command, check=True, **more):
        """Runs a program to its end."""
        done = subprocess.run(
            [str(part) for part in command],
            env=self.env | more,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            stdin=subprocess.DEVNULL,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}\n{self.logs()}")
        return done

    def larder(self, *arguments, check=True):
        """Runs the command line."""
        return self.run_program(LARDER, *arguments, check=check)

    def go_get(self, module):
        """Has the real go download a module through the address in go env; says whether it came."""
        done = self.run_program("go", "mod", "download", f"{module}@v1.0.0", check=False)
        return done.returncode == 0

    def go_proxy(self):
        """What the go env file says of GOPROXY."""
        text = self.go_env.read_text() if self.go_env.exists() else ""
        values = [line.split("=", 1)[1] for line in text.splitlines() if line.startswith("GOPROXY=")]
        return values[0] if values else ""

    def events(self, kind):
        """What happened on the desktop so far, of one kind."""
        lines = pathlib.Path(os.environ["EVENTS"]).read_text().splitlines()
        return [event for event in map(json.loads, lines) if event["event"] == kind]

    def tray(self):
        """The tray icon, as soon as it is there."""
        items = until("there is a tray icon", lambda: TrayItem.all(self.bus))
        return TrayItem(self.bus, items[0])

    def tray_says(self, item, text):
        """Waits until a line of the menu begins so."""
        return until(
            f"the menu says {text!r}",
            lambda: any(line.startswith(text) for line in item.texts()),
        )

    def windows(self):
        """The titles of the windows on the screen."""
        listed = self.run_program("wmctrl", "-l", check=False)
        return [line.split(None, 3)[3] for line in listed.stdout.splitlines() if len(line.split(None, 3)) == 4]

    def end(self, process, how=signal.SIGTERM):
        """Ends a program in good order; gives its exit code."""
        process.send_signal(how)
        return process.wait(timeout=PATIENCE)
