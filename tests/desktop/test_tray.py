"""The tray icon and its menu: there, right, clicked; and what the real go then does."""

import time

import dbus

from world import World, until


class Tray(World):
    """The tray icon."""

    def test_the_menu_is_there_and_in_order(self):
        self.start_tray("--at-login")
        item = self.tray()
        self.tray_says(item, "company")
        texts = item.texts()
        self.assertEqual(
            texts[1:],
            ["-", "public", "company", "-", "Offline", "-", "Stock a folder…", "Pause", "-", "Open Larder", "Quit Larder"],
        )
        self.assertEqual(item.checked(), ["public"])
        self.assertFalse(item.line(texts[0]).enabled)
        self.assertEqual(self.windows(), [], "at login there is no window")

    def test_a_click_switches_and_go_fetches_from_the_other_upstream(self):
        self.start_tray("--at-login")
        self.larder("env", "on")
        item = self.tray()
        self.tray_says(item, "Serving · public")
        self.assertTrue(self.go_get("example.com/one"))
        self.assertFalse(self.go_get("example.com/two"))
        self.assertFalse(self.two.was_asked("example.com/two"))

        item.click("company")
        until("the click shows", lambda: item.checked() == ["company"])
        self.tray_says(item, "Serving · company")
        self.assertTrue(self.go_get("example.com/two"))
        self.assertTrue(self.two.was_asked("/example.com/two/@v/v1.0.0.zip"))
        self.assertFalse(self.one.was_asked("/example.com/two/@v/v1.0.0.zip"))

        # A second click on it leaves it checked: exactly one always is.
        item.click("company")
        time.sleep(0.5)
        self.assertEqual(item.checked(), ["company"])

    def test_the_menu_follows_the_command_line(self):
        self.start_tray("--at-login")
        item = self.tray()
        self.tray_says(item, "company")
        self.larder("use", "company")
        until("the profile shows", lambda: item.checked() == ["company"])
        self.larder("offline", "on")
        self.tray_says(item, "Offline since")
        self.assertEqual(item.checked(), ["company", "Offline"])
        self.assertFalse(item.line("Stock a folder…").enabled)
        self.larder("profile", "add", "lab-2", "--upstreams", self.one.url, "--checksum-database", "off")
        until("the new profile shows", lambda: "lab-2" in item.texts())
        self.larder("profile", "remove", "lab-2")
        until("it goes again", lambda: "lab-2" not in item.texts())
        self.larder("offline", "auto")
        self.tray_says(item, "Running")

    def test_offline_by_a_click_and_what_was_missing(self):
        self.start_tray("--at-login")
        self.larder("env", "on")
        item = self.tray()
        self.tray_says(item, "Serving")
        item.click("Offline")
        self.tray_says(item, "Offline since")
        self.assertFalse(self.go_get("example.com/one"))
        self.tray_says(item, "1 module was missing…")
        before = item.texts().index("Stock a folder…")
        self.assertEqual(item.texts()[before - 1], "1 module was missing…")
        item.click("Offline")
        self.tray_says(item, "Serving")

    def test_pause_gives_go_env_back_and_the_icon_changes_when_it_has_held(self):
        self.start_tray("--at-login")
        self.larder("env", "on")
        item = self.tray()
        self.tray_says(item, "Serving")
        serving = str(item.property("IconName"))
        self.assertIn("127.0.0.1", self.go_proxy())
        item.click("Pause")
        self.tray_says(item, "Paused · go env given back")
        self.assertNotIn("127.0.0.1", self.go_proxy())
        until("the icon is another one", lambda: str(item.property("IconName")) != serving)
        item.click("Resume")
        self.tray_says(item, "Serving")
        self.assertIn("127.0.0.1", self.go_proxy())

    def test_a_notification_tells_of_a_switch_by_the_command_line_and_opens_the_window(self):
        self.start_tray("--at-login")
        item = self.tray()
        self.tray_says(item, "company")
        # In the first seconds after a start nothing is told.
        time.sleep(11)
        self.larder("use", "company")
        told = until("it is told", lambda: self.events("notify"))[0]
        self.assertEqual(told["summary"], "Now using company")
        self.assertEqual(told["app"], "Larder")
        self.assertIn("default", told["actions"])
        notifications = self.bus.get_object("org.freedesktop.Notifications", "/org/freedesktop/Notifications")
        dbus.Interface(notifications, "example.larder.Test").Click(dbus.UInt32(told["id"]))
        until("the window opens", lambda: self.windows() == ["Larder"])

    def test_who_clicks_is_not_told_of_it(self):
        self.start_tray("--at-login")
        item = self.tray()
        self.tray_says(item, "company")
        time.sleep(11)
        item.click("company")
        until("the click shows", lambda: item.checked() == ["company"])
        # The command line's switch after it is told, and nothing else is.
        self.larder("use", "public")
        until("that is told", lambda: self.events("notify"))
        self.assertEqual([told["summary"] for told in self.events("notify")], ["Now using public"])
