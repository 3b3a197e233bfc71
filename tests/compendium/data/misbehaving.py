"""A server on this machine that misbehaves as the first part of a path says: /cut/raster.bin."""

import http.server
import sys
import threading
import time
from contextlib import contextmanager

CONTENT = bytes(range(256)) * 4000  # 1 MB
HALF = len(CONTENT) // 2


class Server(http.server.BaseHTTPRequestHandler):
    """Misbehaves as the first part of the path says."""

    def log_message(self, *_):
        """Stay silent."""

    def send(self, status, body=b"", **headers):
        """Send an answer; a header None is left out."""
        self.send_response(status)
        for name, value in {"Content_Length": len(body), **headers}.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def part(self, start, end=None, content=CONTENT, tag='"a"', begins=None):
        """Send a range of the content and announce its rest."""
        begins, rest = start if begins is None else begins, len(content) - start
        place = {"Content_Range": f"bytes {begins}-{len(content) - 1}/{len(content)}"} if start else {}
        self.send(206 if start else 200, content[start:end], Content_Length=rest, ETag=tag, **place)

    def do_GET(self):
        """Answer one request and note its range."""
        kind, wanted = self.path.split("/")[1], self.headers.get("Range")
        self.server.requests.append((kind, wanted, self.headers.get("If-Range")))
        self.server.paths.append(self.path)
        self.server.times.append(time.monotonic())
        start = int(wanted[6:].split("-")[0]) if wanted else 0
        getattr(self, kind)(start, sum(asked == kind for asked, *_ in self.server.requests))

    def do_POST(self):
        """Read the form, since the client would see a reset connection otherwise, and answer as by GET."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def whole(self, start, n):
        self.part(start)

    def reversed(self, start, n):
        self.part(start, content=CONTENT[::-1], tag='"r"')

    def page(self, start, n):
        self.send(200, b"\n<!DOCTYPE html><title>Down for maintenance</title>")

    def cut(self, start, n):
        self.part(start, start + 140_000)

    def slow(self, start, n):
        self.part(start, start)
        for place in range(start, len(CONTENT), 1 << 14):
            try:
                self.wfile.write(CONTENT[place : place + (1 << 14)])
            except OSError:
                return
            time.sleep(0.01)

    def untagged(self, start, n):
        self.part(0, HALF if n == 1 else None, tag=None)

    def changed(self, start, n):
        self.part(start, HALF, tag='"a"') if n == 1 else self.part(start, None, CONTENT[::-1], '"b"')

    def replaced(self, start, n):
        self.part(start, HALF) if n == 1 else self.part(0, None, CONTENT[::-1], '"b"')

    def elsewhere(self, start, n):
        self.part(start, HALF) if n == 1 else self.part(start, begins=0) if start else self.part(0)

    def endless_tries(self, start, n):
        self.send(200, CONTENT[: len(CONTENT) // (2 + n % 2)], Content_Length=len(CONTENT))

    def busy(self, start, n):
        self.send(429, Retry_After=1) if n < 2 else self.part(start)

    def long_busy(self, start, n):
        self.send(503, Retry_After=5000)

    def down(self, start, n):
        self.send(503, Retry_After="not a number")

    def gone(self, start, n):
        self.send(404)

    def empty(self, start, n):
        self.send(200)

    def nothing(self, start, n):
        self.send(204)

    def nowhere(self, start, n):
        self.send(302)

    def bad_length(self, start, n):
        self.send(200, CONTENT, Content_Length="abc")

    def chunks(self, start, n):
        self.send(200, b"zzzz\r\n", Content_Length=None, Transfer_Encoding="chunked")

    def packed(self, start, n):
        self.send(200, CONTENT, Content_Encoding="gzip")

    def garbage(self, start, n):
        self.wfile.write(b"\x00\x01\x02" * 100)

    def to_file(self, start, n):
        self.send(302, Location="file:///etc/passwd")

    def to_http(self, start, n):
        self.send(302, Location="http://example.org/x")

    def to_itself(self, start, n):
        self.send(302, Location="/whole/x")

    def loop(self, start, n):
        self.send(302, Location=self.path)

    def to_none(self, start, n):
        self.send(302, Location="http://[::1")

    def infinite(self, start, n):
        self.send(200, Content_Length=None)
        try:
            while True:
                self.wfile.write(CONTENT)
        except OSError:
            self.close_connection = True

    def drip(self, start, n):
        self.send(200, Content_Length=1000)
        for _ in range(50):
            try:
                self.wfile.write(b"x")
            except OSError:
                return
            time.sleep(0.05)


class Threads(http.server.ThreadingHTTPServer):
    """A server of one thread a connection, silent about clients that leave."""

    def handle_error(self, request, client_address):
        """Print what a handler raises, but for a connection that broke."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def running(handler=Server):
    """Yield a running server: its address, its requests as (kind, range, condition), the paths asked for."""
    server = Threads(("127.0.0.1", 0), handler)
    server.requests, server.paths, server.times = [], [], []
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    server.address = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    server.server_close()
