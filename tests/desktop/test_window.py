"""The real window: it shows what the engine says, and what is clicked in it happens."""

import os
import socket

from webdriver import Driver
from world import TRAY, World, until

INVOKE = "window.__TAURI_INTERNALS__.invoke"


def free_port():
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Window(World):
    """The window, driven by its own engine's WebDriver."""

    def setUp(self):
        super().setUp()
        port = free_port()
        self.start("WebKitWebDriver", f"--port={port}", TAURI_WEBVIEW_AUTOMATION="true")
        self.driver = until("the driver answers", lambda: self.driver_at(port))
        until("the page is drawn", lambda: self.driver.text().strip())

    def driver_at(self, port):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return None
        return Driver(port, TRAY)

    def tearDown(self):
        self.driver.close()
        super().tearDown()

    def card(self):
        """The profile card of the sidebar: the tray inside the window."""
        return self.driver.run("return document.querySelector('button.card')?.innerText ?? ''")

    def invoke(self, command, **arguments):
        """What the window's page could ask; `(True, answer)` or `(False, failure)`."""
        script = f"""
            const [command, args, done] = arguments;
            {INVOKE}(command, args).then((answer) => done([true, answer]), (failure) => done([false, failure]));
        """
        return tuple(self.driver.run_async(script, command, arguments))

    def test_the_page_is_drawn_and_follows_the_engine(self):
        self.assertEqual(self.driver.run("return document.title"), "Larder")
        until("the welcome is shown first", lambda: "Look around first" in self.driver.text())
        self.driver.click("button.quiet")
        until("the profile in use is shown", lambda: "public" in self.card())
        self.larder("use", "company")
        until("the window tells the switch", lambda: "company" in self.card())
        if folder := os.environ.get("LARDER_PICTURES"):
            self.driver.picture(f"{folder}/window.png")

    def test_calls_answer_and_fail_in_the_one_form(self):
        done, state = self.invoke("call", name="state", request={})
        self.assertTrue(done, state)
        self.assertEqual((state["mood"], state["profile"]), ("serving", "public"))
        done, used = self.invoke("call", name="use", request={"choice": {"named": "company"}})
        self.assertTrue(done, used)
        self.assertIn("company", self.larder("status").stdout)
        done, failure = self.invoke("call", name="use", request={"choice": {"named": "nobody"}})
        self.assertFalse(done)
        self.assertEqual(sorted(failure), ["code", "hints", "message"])
        done, failure = self.invoke("call", name="no-such-call", request={})
        self.assertEqual((done, failure["code"]), (False, "protocol"))

    def test_what_is_not_allowed_is_refused(self):
        done, failure = self.invoke("open_path", path="/etc/passwd")
        self.assertEqual((done, failure["code"]), (False, "bad-input"))
        for command in ("plugin:window|close", "plugin:webview|create_webview_window", "plugin:path|resolve_directory"):
            done, refused = self.invoke(command)
            self.assertFalse(done, command)
        self.assertEqual(self.driver.run("return typeof window.__TAURI__"), "undefined")
        # Nothing from elsewhere is loaded, not even from this computer.
        loaded = self.driver.run_async(
            "const done = arguments[1]; fetch(arguments[0]).then(() => done('loaded'), () => done('refused'))", self.one.url
        )
        self.assertEqual(loaded, "refused")
        self.assertEqual(self.one.asked, [])

    def test_start_at_login_is_written_and_taken_away(self):
        entry = self.home / ".config/autostart/larder-tray.desktop"
        self.assertEqual(self.invoke("desktop"), (True, {"tray": True}))

        def wish(on):
            done, preferences = self.invoke("call", name="set-preferences", request={"change": {"start_at_login": on}})
            self.assertTrue(done, preferences)
            return preferences["start_at_login"]

        self.assertTrue(wish(True))
        self.assertIn("--at-login", entry.read_text())
        self.assertFalse(wish(False))
        self.assertFalse(entry.exists())
