"""A small client of WebDriver: the real window, driven."""

import json
import os
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Driver:
    """One window of the program that the driver starts."""

    def __init__(self, port, program, arguments=()):
        self.base = f"http://127.0.0.1:{port}"
        options = {"binary": str(program), "args": list(arguments)}
        capabilities = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        answer = self.ask("POST", "/session", {"capabilities": capabilities})
        self.session = f"/session/{answer['sessionId']}"

    def ask(self, method, path, body=None):
        """One question; its value."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def run(self, script, *arguments):
        """Runs a script in the page; its value."""
        return self.ask("POST", self.session + "/execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script, *arguments):
        """Runs a script that calls its last argument with its value."""
        return self.ask("POST", self.session + "/execute/async", {"script": script, "args": list(arguments)})

    def text(self):
        """What stands on the page."""
        return self.run("return document.body.innerText")

    def click(self, css):
        """Clicks the first that this selector finds."""
        found = self.ask("POST", self.session + "/element", {"using": "css selector", "value": css})
        self.ask("POST", f"{self.session}/element/{found[ELEMENT]}/click", {})

    def picture(self, path):
        """Takes a picture of the window."""
        import base64

        taken = self.ask("GET", self.session + "/screenshot")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(taken))

    def close(self):
        """Ends the session, and the program with it."""
        self.ask("DELETE", self.session)
