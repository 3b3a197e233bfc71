"""A server of this machine that sends the files of a folder, to time clients against.

Run `python -m benchmarks.file_server FOLDER [RATE]`: it prints its port.  Without a rate (bytes per second, of all
connections together) it sends as fast as the kernel does.
"""

import http.server
import os
import sys
import threading
import time
from pathlib import Path

BLOCK = 1 << 18  # bytes sent at a time


class Files(http.server.BaseHTTPRequestHandler):
    """Sends a file by sendfile, with its mark; keeps connections."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Stay silent."""

    def do_GET(self):
        """Send one file."""
        with open(self.server.folder / self.path.rpartition("/")[2], "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            self.send_response(200)
            self.send_header("Content-Length", str(size))
            self.send_header("ETag", f'"{self.path}"')
            self.end_headers()
            self.wfile.flush()
            for begin in range(0, size, BLOCK):
                self.server.pace.wait(min(BLOCK, size - begin))
                self.connection.sendfile(stream, begin, BLOCK)


class Pace:
    """A rate that all connections share."""

    def __init__(self, rate):
        self.rate, self.lock, self.free_at = rate, threading.Lock(), 0.0

    def wait(self, size):
        """Sleep until so many bytes may be sent."""
        with self.lock:
            self.free_at = max(self.free_at, time.monotonic()) + size / self.rate
            wait = self.free_at - time.monotonic()
        if wait > 0:
            time.sleep(wait)


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
    server.folder, server.pace = Path(sys.argv[1]), Pace(float(sys.argv[2]) if sys.argv[2:] else float("inf"))
    print(server.server_port, flush=True)
    server.serve_forever()
