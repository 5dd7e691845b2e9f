"""The first tray icon on the bus, and its menu, read and clicked as a panel does it (com.canonical.dbusmenu)."""

import time
from dataclasses import dataclass

import dbus

ITEM = "org.kde.StatusNotifierItem"
WATCHER = "org.kde.StatusNotifierWatcher"


@dataclass
class Line:
    """A line of the menu."""

    number: int
    text: str
    checked: bool
    enabled: bool
    separator: bool


class TrayItem:
    """A tray icon."""

    def __init__(self, bus, address):
        self.bus = bus
        service, path = address.split("/", 1)
        self.service, self.path = service, "/" + path
        menu = self.bus.get_object(self.service, self.property("Menu"))
        self.dbusmenu = dbus.Interface(menu, "com.canonical.dbusmenu")

    @staticmethod
    def all(bus):
        """The addresses of all tray icons."""
        watcher = bus.get_object(WATCHER, "/StatusNotifierWatcher")
        properties = dbus.Interface(watcher, "org.freedesktop.DBus.Properties")
        return [str(item) for item in properties.Get(WATCHER, "RegisteredStatusNotifierItems")]

    def property(self, name):
        """A property of the icon."""
        item = self.bus.get_object(self.service, self.path)
        return dbus.Interface(item, "org.freedesktop.DBus.Properties").Get(ITEM, name)

    def lines(self):
        """What stands in the menu, from the top."""
        self.dbusmenu.AboutToShow(0)
        _revision, root = self.dbusmenu.GetLayout(0, -1, dbus.Array([], signature="s"))
        found = []
        for number, properties, _below in root[2]:
            if not bool(properties.get("visible", True)):
                continue
            # A single underline marks a key; two of them are one.
            text = str(properties.get("label", "")).replace("__", "\0").replace("_", "").replace("\0", "_")
            found.append(
                Line(
                    int(number),
                    text,
                    int(properties.get("toggle-state", 0)) == 1,
                    bool(properties.get("enabled", True)),
                    str(properties.get("type", "")) == "separator",
                )
            )
        return found

    def texts(self):
        """The texts of the lines; a parting line is `-`."""
        return ["-" if line.separator else line.text for line in self.lines()]

    def line(self, text):
        """The line with this text."""
        for line in self.lines():
            if line.text == text:
                return line
        raise AssertionError(f"no line {text!r} in {self.texts()}")

    def checked(self):
        """The texts of the lines that are checked."""
        return [line.text for line in self.lines() if line.checked]

    def click(self, text):
        """Clicks the line with this text."""
        number = self.line(text).number
        now = dbus.UInt32(int(time.time()) & 0xFFFFFFFF)
        self.dbusmenu.Event(number, "clicked", dbus.String("", variant_level=1), now)
