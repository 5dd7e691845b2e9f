"""The desktop program: one of it, beside a headless one, its window, its end."""

import os
import signal

from world import LARDER, TRAY, World, children_of, until

WEB_PROCESS = "WebKitWebProces"


class Program(World):
    """The program from start to end."""

    def web_processes(self, pid):
        """The processes that draw windows."""
        return [number for number, name in children_of(pid).items() if name == WEB_PROCESS]

    def test_a_start_opens_the_window_and_a_second_start_shows_it(self):
        first = self.start_tray()
        until("the window opens", lambda: self.windows() == ["Larder"])
        self.run_program("wmctrl", "-c", "Larder")
        until("it closes", lambda: self.windows() == [])
        self.assertIsNone(first.poll(), "the tray stays")

        second = self.start(TRAY, "/doctor")
        self.assertEqual(second.wait(timeout=60), 0)
        until("the second start shows it", lambda: self.windows() == ["Larder"])
        self.assertIsNone(first.poll())

    def test_closing_the_window_frees_what_draws_it(self):
        tray = self.start_tray()
        until("it is drawn", lambda: self.web_processes(tray.pid))
        item = self.tray()
        until("the window is there", lambda: self.windows() == ["Larder"])
        self.run_program("wmctrl", "-c", "Larder")
        until("nothing draws any more", lambda: not self.web_processes(tray.pid))
        item.click("Open Larder")
        until("it is drawn anew", lambda: self.web_processes(tray.pid) and self.windows() == ["Larder"])

    def test_quit_leaves_no_process_and_gives_go_env_back(self):
        self.go_env.write_text("GOPROXY=https://proxy.corp.example\n")
        tray = self.start_tray()
        self.larder("env", "on")
        self.assertIn("127.0.0.1", self.go_proxy())
        until("the window is there", lambda: self.windows() == ["Larder"])
        below = set(children_of(tray.pid))
        self.assertTrue(below)
        item = self.tray()
        item.click("Quit Larder")
        self.assertEqual(tray.wait(timeout=60), 0)
        until("its children are gone", lambda: not [pid for pid in below if os.path.exists(f"/proc/{pid}/exe")])
        self.assertEqual(self.go_proxy(), "https://proxy.corp.example")
        until("the icon is gone", lambda: self.events("gone"))

    def test_a_signal_ends_it_in_good_order(self):
        for how in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(how=how):
                tray = self.start_tray("--at-login")
                self.larder("env", "on")
                self.assertEqual(self.end(tray, how), 0)
                self.assertEqual(self.go_proxy(), "")
                self.assertEqual(self.larder("stop").stdout, "Larder is not running.\n")

    def test_larder_stop_ends_it(self):
        tray = self.start_tray("--at-login")
        self.assertEqual(self.larder("stop").stdout, "Larder has stopped.\n")
        self.assertEqual(tray.wait(timeout=60), 0)

    def test_beside_a_headless_larder_it_asks_that_one_and_takes_its_place(self):
        serve = self.start(LARDER, "serve", "--quiet")
        until("it serves", lambda: self.larder("status", check=False).returncode == 0)
        tray = self.start(TRAY, "--at-login")
        item = self.tray()
        self.tray_says(item, "company")
        item.click("company")
        until("the headless one has switched", lambda: item.checked() == ["company"])
        self.assertIn("company", self.larder("status").stdout)
        self.assertIsNone(serve.poll())

        self.assertEqual(self.end(serve), 0)
        until("the tray serves now", lambda: "company" in self.larder("status", check=False).stdout)
        until("and says so", lambda: item.checked() == ["company"])
        self.assertTrue(self.larder("goproxy").stdout.startswith("http://127.0.0.1:"))
        self.assertIsNone(tray.poll())

        # Quitting the tray leaves a headless one alone.
        self.end(tray)
        again = self.start(LARDER, "serve", "--quiet")
        until("it serves", lambda: self.larder("status", check=False).returncode == 0)
        beside = self.start(TRAY, "--at-login")
        until("there are two", lambda: "another Larder runs" in self.logs())
        self.end(beside)
        self.assertIsNone(again.poll())
        self.larder("status")

    def test_start_at_login_is_off_until_asked_for(self):
        self.start_tray("--at-login")
        self.assertFalse((self.home / ".config/autostart").exists())


class WithoutTray(World):
    """A desktop that shows no tray icons."""

    BARE = True

    def test_at_login_the_window_opens_instead(self):
        self.start(TRAY, "--at-login")
        until("the window opens", lambda: self.windows() == ["Larder"])


class Keyring(World):
    """A desktop with a keyring."""

    KEYRING = True

    def test_a_login_is_kept_in_the_keyring(self):
        self.start_tray("--at-login")
        secret = self.home / "secret"
        secret.write_text("hunter2\n")
        origin = self.two.url
        done = self.run_program(
            "sh", "-c", '"$1" login --user ann --stdin "$2" < "$3"', "sh", LARDER, origin, secret
        )
        found = self.run_program("secret-tool", "search", "--all", "service", "larder", check=False)
        self.assertIn("hunter2", found.stdout + found.stderr, done.stdout + done.stderr)
        self.assertIn("keyring", self.larder("credentials").stdout)
