"""A server of this machine that sends the files of a folder, or parts of them, to time clients against.

Run `python -m benchmarks.file_server FOLDER [RATE [DELAY]]`: it prints its port.  Without a rate (bytes per second, of
all connections together) it sends as fast as the kernel does; the delay (s) comes before each answer.  To /asked it
answers with the number of requests and the bytes sent since the last such question.
"""

import http.server
import os
import re
import sys
import threading
import time
from pathlib import Path

BLOCK = 1 << 18  # bytes sent at a time


class Files(http.server.BaseHTTPRequestHandler):
    """Sends a file, or a part of it, by sendfile, with its mark; keeps connections."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Stay silent."""

    def do_GET(self):
        """Send one file or part; the counts."""
        if self.path == "/asked":
            return self.answer(200, self.server.pace.asked().encode())
        time.sleep(self.server.delay)
        try:
            with open(self.server.folder / self.path.lstrip("/"), "rb") as stream:
                self.send_part(stream)
        except (FileNotFoundError, IsADirectoryError):
            self.server.pace.wait(0)
            self.answer(404)

    def answer(self, status, body=b"", size=None, **headers):
        """Send the beginning of an answer, and a short body."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if size is None else size))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def send_part(self, stream):
        """Send the bytes that are asked for of an open file."""
        size = os.fstat(stream.fileno()).st_size
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        first = int(wanted[1]) if wanted else 0
        end = min(int(wanted[2]) + 1, size) if wanted and wanted[2] else size
        place = {"Content_Range": f"bytes {first}-{end - 1}/{size}"} if wanted else {}
        self.answer(206 if wanted else 200, size=end - first, ETag=f'"{self.path}"', **place)
        for begin in range(first, end, BLOCK):
            self.server.pace.wait(min(BLOCK, end - begin), new=begin == first)
            self.connection.sendfile(stream, begin, min(BLOCK, end - begin))


class Pace:
    """A rate that all connections share, and what they were asked for."""

    def __init__(self, rate):
        self.rate, self.lock, self.free_at = rate, threading.Lock(), 0.0
        self.requests = self.bytes = 0

    def wait(self, size, new=True):
        """Sleep until so many bytes may be sent; new: whether they begin an answer."""
        with self.lock:
            self.requests, self.bytes = self.requests + new, self.bytes + size
            self.free_at = max(self.free_at, time.monotonic()) + size / self.rate
            wait = self.free_at - time.monotonic()
        if wait > 0:
            time.sleep(wait)

    def asked(self):
        """Numbers of requests and of bytes since the last call, in words."""
        with self.lock:
            found, self.requests, self.bytes = f"{self.requests} {self.bytes}", 0, 0
        return found


if __name__ == "__main__":
    rate, delay = [float(text) for text in (*sys.argv[2:], *("inf", "0")[len(sys.argv) - 2 :])]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
    server.folder, server.pace, server.delay = Path(sys.argv[1]), Pace(rate), delay
    print(server.server_port, flush=True)
    server.serve_forever()
