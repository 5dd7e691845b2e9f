"""What is measured of the desktop program: `make bench ARGS=desktop` starts each with tests/desktop/run --measure.

Each finding is one line of JSON in the file that MEASURED names: what, in words; the values; their unit.
"""

import http.client
import json
import os
import pathlib
import socket
import threading
import time

import dbus
import dbus.mainloop.glib

from test_window import free_port
from webdriver import Driver
from world import LARDER, TRAY, World, children_of, until

ROUNDS = 5
# How long what was started is left alone before its memory is read.
SETTLED = 3
IDLE = 20
EVENTS_A_SECOND = 500
LOG_SECONDS = 10
# Rows that the window's log holds at least (ui/src/screens/Activity/log.ts).
LOG_KEEPS = 5000
TICKS = os.sysconf("SC_CLK_TCK")

# Frames of the page over so many seconds, in ms from one to the next.
FRAMES = """
    const [seconds, done] = arguments;
    const frames = [];
    const begun = performance.now();
    let before = begun;
    const frame = (now) => {
        frames.push(now - before);
        before = now;
        if (now - begun < 1000 * seconds) requestAnimationFrame(frame); else done(frames.slice(1));
    };
    requestAnimationFrame(frame);
"""

# From a click to the first frame after the page shows what was clicked for, in ms; two frames, for the first may be drawn already.
CLICKED = """
    const [css, shows, done] = arguments;
    const begun = performance.now();
    let first = 0;
    const look = () => {
        if (!first) first = performance.now() - begun;
        if (document.querySelector(shows)) requestAnimationFrame(() => done([first, performance.now() - begun]));
        else requestAnimationFrame(look);
    };
    document.querySelector(css).click();
    requestAnimationFrame(look);
"""


def told(what, values, unit):
    """Puts a finding on record."""
    with open(os.environ["MEASURED"], "a") as file:
        print(json.dumps({"what": what, "values": values, "unit": unit}), file=file)


def pss(pid):
    """The memory of a process and all below it, shared pages by their share, in bytes."""
    total = 0
    for number in [pid, *children_of(pid)]:
        try:
            lines = pathlib.Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))
    return total


def processor(pid):
    """The seconds that a process and all below it have been on the processor."""
    total = 0
    for number in [pid, *children_of(pid)]:
        try:
            fields = pathlib.Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


class Measure(World):
    """The desktop program, measured from outside."""

    # The log counts the same hit several times in a moment as one entry: each request of a second is another one.
    MORE = [(f"example.com/logged/m{n}", "v1.0.0") for n in range(EVENTS_A_SECOND)]

    def setUp(self):
        dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
        super().setUp()
        self.port = self.reserved.getsockname()[1]

    def warm(self):
        """Has one file kept, and gives its path; without this nothing but the profile's upstream could answer."""
        serve = self.start(LARDER, "serve", "--quiet")
        until("it serves", lambda: self.larder("status", check=False).returncode == 0)
        token = (self.larder_home / "data/token.module").read_text().strip()
        path = f"/{token}/example.com/both/@v/v1.0.0.mod"
        self.assertEqual(self.get(path), 200)
        self.end(serve)
        return path

    def get(self, path):
        """One request; its status, or 0 where nobody answers."""
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            asking.request("GET", path)
            answer = asking.getresponse()
            answer.read()
            return answer.status
        except OSError:
            return 0
        finally:
            asking.close()

    def until_served(self, path, begun):
        """Seconds from `begun` until the file is in a client's hands."""
        while self.get(path) != 200:
            self.assertLess(time.monotonic() - begun, 60, self.logs())
            time.sleep(0.001)
        return time.monotonic() - begun

    def start(self, *command, **more):
        self.begun = time.monotonic()
        return super().start(*command, **more)

    def measure_start(self):
        """From the start of the process to a kept file in a client's hands, to the icon, to the window."""
        path = self.warm()
        served, icon, window, headless = [], [], [], []
        for _ in range(ROUNDS):
            serve = self.start(LARDER, "serve", "--quiet")
            headless.append(self.until_served(path, self.begun))
            self.end(serve)
            tray = self.start(TRAY)
            served.append(self.until_served(path, self.begun))
            self.tray()
            icon.append(time.monotonic() - self.begun)
            until("the window is there", lambda: self.windows() == ["Larder"])
            window.append(time.monotonic() - self.begun)
            self.end(tray)
            until("the icon is gone", lambda: not self.icons())
        told("headless: start to a kept file", headless, "s")
        told("tray: start to a kept file", served, "s")
        told("tray: start to the icon on the bus", icon, "s")
        told("tray: start to the window on the screen", window, "s")

    def icons(self):
        from tray_item import TrayItem

        return TrayItem.all(self.bus)

    def measure_rest(self):
        """Memory and work with nothing to do: never shown, with the window, after it."""
        path = self.warm()
        # The first GTK program on a screen loads the graphics driver to ask what it can do, and leaves the answer on the screen
        # for all others. On a desktop that was the panel, long ago.
        self.end(self.start_tray("--at-login"))
        until("the icon is gone", lambda: not self.icons())
        tray = self.start(TRAY, "--at-login")
        self.until_served(path, self.begun)
        item = self.tray()
        time.sleep(SETTLED)
        told("PSS, window never opened", [pss(tray.pid)], "bytes")
        self.rest("window closed", tray.pid)
        item.click("Open Larder")
        until("the window is there", lambda: self.windows() == ["Larder"])
        time.sleep(2 * SETTLED)
        told("PSS, window open, its web processes too", [pss(tray.pid)], "bytes")
        self.rest("window open", tray.pid)
        self.run_program("wmctrl", "-c", "Larder")
        until("it is gone", lambda: not [name for name in children_of(tray.pid).values() if name.startswith("WebKitWeb")])
        time.sleep(SETTLED)
        told("PSS, window closed again", [pss(tray.pid)], "bytes")
        self.end(tray)
        serve = self.start(LARDER, "serve", "--quiet")
        self.until_served(path, self.begun)
        time.sleep(SETTLED)
        told("PSS, headless", [pss(serve.pid)], "bytes")
        self.rest("headless", serve.pid)

    def rest(self, how, pid):
        before = processor(pid)
        time.sleep(IDLE)
        told(f"processor at rest, {how}", [100 * (processor(pid) - before) / IDLE], "%")

    def measure_click(self):
        """A click in the tray's menu, until go would be answered by the other upstream."""
        path = self.warm()
        tray = self.start(TRAY, "--at-login")
        self.until_served(path, self.begun)
        item = self.tray()
        token = path.split("/")[1]
        only = {"public": "one", "company": "two"}
        times = []
        for name in ["company", "public"] * ROUNDS:
            self.tray_says(item, name)
            number = item.line(name).number
            module = f"/{token}/example.com/{only[name]}/@v/list"
            begun = time.monotonic()
            item.dbusmenu.Event(number, "clicked", dbus.String("", variant_level=1), dbus.UInt32(0))
            while self.get(module) != 200:
                self.assertLess(time.monotonic() - begun, 20, self.logs())
            times.append(time.monotonic() - begun)
            until("the menu says so", lambda: item.checked() == [name])
        told("tray's menu: click to the other upstream's answer", times, "s")
        self.end(tray)

    def measure_window(self):
        """Clicks in the real window, and the log while 500 requests come every second."""
        path = self.warm()
        driver_port = free_port()
        self.start("WebKitWebDriver", f"--port={driver_port}", TAURI_WEBVIEW_AUTOMATION="true")
        until("the driver answers", lambda: self.listens(driver_port))
        driver = Driver(driver_port, TRAY)
        try:
            until("the page is drawn", lambda: "Look around first" in driver.text())
            driver.click("button.quiet")
            until("the overview is there", lambda: driver.run("return !!document.querySelector('a[href=\"#/activity\"]')"))
            time.sleep(SETTLED)
            sign, shown = [], []
            for _ in range(ROUNDS):
                for screen, shows in (("activity", "[role=treegrid]"), ("doctor", "h1"), ("overview", "h1")):
                    css = f'a[href="#/{screen}"]'
                    seen = driver.run_async(CLICKED, css, f'{css}[aria-current="page"]')
                    sign.append(seen[0] / 1000)
                    shown.append(seen[1] / 1000)
                    time.sleep(0.3)
            told("window: click to the next frame", sign, "s")
            told("window: click to the screen that was clicked for", shown, "s")
            driver.run("location.hash = '#/activity'")
            token = path.split("/")[1]
            paths = [f"/{token}/{module}/@v/{version}.mod" for module, version in self.MORE]
            for wanted in paths:
                self.assertEqual(self.get(wanted), 200)
            # The log is drawn as a table once there is something in it.
            until("the log is there", lambda: driver.run("return !!document.querySelector('[role=treegrid]')"))
            told(f"window: frames of the log at rest, {LOG_SECONDS} s", driver.run_async(FRAMES, LOG_SECONDS), "ms")
            asking = Asking(self.port, paths)
            before = driver.run("return +document.querySelector('[role=treegrid]').getAttribute('aria-rowcount')")
            asking.start()
            frames = driver.run_async(FRAMES, LOG_SECONDS)
            asking.end()
            until(
                "the log has them all",
                lambda: driver.run("return +document.querySelector('[role=treegrid]').getAttribute('aria-rowcount')")
                >= min(before + asking.count, LOG_KEEPS),
            )
            told(f"window: frames of the log at {EVENTS_A_SECOND} a second", frames, "ms")
            told("requests while they were counted", [asking.count / asking.took], "a second")
        finally:
            driver.close()

    def listens(self, port):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True


class Asking:
    """Asks for kept files in turn, 500 a second, on one connection, until it is told to end."""

    def __init__(self, port, paths):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.paths, self.count, self.over = paths, 0, False
        self.thread = threading.Thread(target=self.run)

    def start(self):
        self.begun = time.monotonic()
        self.thread.start()

    def run(self):
        while not self.over:
            due = self.begun + self.count / EVENTS_A_SECOND
            time.sleep(max(0, due - time.monotonic()))
            self.connection.request("GET", self.paths[self.count % len(self.paths)])
            self.connection.getresponse().read()
            self.count += 1

    def end(self):
        self.over = True
        self.thread.join()
        self.took = time.monotonic() - self.begun
        self.connection.close()
