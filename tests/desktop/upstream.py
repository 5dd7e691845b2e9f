"""A module proxy of the tests: a few made-up modules over http, and what was asked of it."""

import io
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def zip_of(module, version):
    """The module's zip: a go.mod and one package."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        root = f"{module}@{version}"
        archive.writestr(f"{root}/go.mod", f"module {module}\n")
        archive.writestr(f"{root}/of.go", "package of\n")
    return written.getvalue()


class Upstream:
    """Serves versions of modules; anything else is not found."""

    def __init__(self, *modules):
        files, versions = {}, {}
        for module, version in modules:
            base = f"/{module}/@v"
            versions.setdefault(base, []).append(version)
            info = f'{{"Version":"{version}","Time":"2024-01-02T03:04:05Z"}}'
            files[f"{base}/{version}.info"] = info.encode()
            files[f"{base}/{version}.mod"] = f"module {module}\n".encode()
            files[f"{base}/{version}.zip"] = zip_of(module, version)
        for base, known in versions.items():
            files[f"{base}/list"] = "".join(f"{version}\n" for version in known).encode()
        self.asked = asked = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                asked.append(self.path)
                body = files.get(self.path)
                self.send_response(404 if body is None else 200)
                body = body or b"not found"
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def was_asked(self, what):
        """Whether a path with this in it was asked for."""
        return any(what in path for path in self.asked)

    def close(self):
        """Ends it."""
        self.server.shutdown()
        self.server.server_close()
