#!/usr/bin/env python3
# An example of acting on alerts: takes what Alertmanager sends, and calls `larder node eject NODE` where an alert with the
# label `action: eject` begins, and `larder node restore NODE` where it is over. It needs nothing but Python, and runs as the
# person whose Larder it is:
#
#     python3 webhook.py --listen 127.0.0.1:9468 --larder larder
#
# It listens on this computer only. Whoever can reach that port can take nodes out and in, and nothing else: no node is asked
# less than last, so that a pool is never without one (docs/decisions/0024-failover.md).

import argparse
import http.server
import json
import re
import subprocess
import sys

LARGEST = 1 << 20
# What a node is called: host and port.
NODE = re.compile(r"[A-Za-z0-9._\[\]:-]{1,260}")


def wished(message):
    """What is to be done: (command, node) for each alert that asks for something."""
    for alert in message.get("alerts", []):
        labels = alert.get("labels", {})
        node = labels.get("node", "")
        # A name that begins with a dash would be read as an option.
        if labels.get("action") != "eject" or node.startswith("-") or not NODE.fullmatch(node):
            continue
        yield ("eject" if alert.get("status") == "firing" else "restore"), node


class Handler(http.server.BaseHTTPRequestHandler):
    timeout = 10

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= LARGEST:
            return self.answer(413)
        try:
            wishes = list(wished(json.loads(self.rfile.read(length))))
        except (ValueError, AttributeError):
            return self.answer(400)
        # Alertmanager tries again what was answered with 5xx.
        self.answer(200 if all([self.carry_out(*wish) for wish in wishes]) else 500)

    def carry_out(self, command, node):
        line = [self.server.larder, "node", command, node]
        try:
            done = subprocess.run(line, capture_output=True, text=True, timeout=20)
        except (OSError, subprocess.TimeoutExpired) as error:
            print(f"webhook: {' '.join(line)}: {error}", file=sys.stderr, flush=True)
            return False
        said = (done.stdout or done.stderr).strip().splitlines()[:1]
        print(f"webhook: {' '.join(line)}: {said[0] if said else done.returncode}", file=sys.stderr, flush=True)
        return done.returncode == 0

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen", default="127.0.0.1:9468", metavar="ADDRESS")
    parser.add_argument("--larder", default="larder", metavar="PROGRAM")
    args = parser.parse_args()
    host, port = args.listen.rsplit(":", 1)
    server = http.server.ThreadingHTTPServer((host, int(port)), Handler)
    server.larder = args.larder
    print(f"webhook: listening at {host}:{server.server_address[1]}", file=sys.stderr, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
