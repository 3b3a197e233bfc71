"""A server of this machine that sends the files of a folder as fast as the kernel does, to time clients against.

Run `python -m benchmarks.file_server FOLDER`: it prints its port.
"""

import http.server
import os
import sys
from pathlib import Path


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
            self.connection.sendfile(stream)


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
    server.folder = Path(sys.argv[1])
    print(server.server_port, flush=True)
    server.serve_forever()
