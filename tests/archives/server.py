"""A server of archives on loopback: a folder laid out as HOST/PATH, listings, parts of files, and the STIX query.

It also serves as a proxy that refuses: what a run asks of other hosts is logged by its whole address.
"""

import http.server
import json
import re
import threading
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, unquote

from flarebook.stix.maps.file_names import parse_name

STIX = "datacenter.stix.i4ds.net"


class Archives(http.server.BaseHTTPRequestHandler):
    """Answers GET with files, parts of them and listings of folders, POST to the data centre's query with names."""

    protocol_version = "HTTP/1.1"

    def do_CONNECT(self):
        self.server.log.append(self.path)
        self.answer(403, b"")

    def do_GET(self):
        if not self.path.startswith("/"):
            return self.do_CONNECT()
        path = self.server.root / unquote(self.path.partition("?")[0]).strip("/")
        if path.is_dir():
            names = sorted(other.name + "/" * other.is_dir() for other in path.iterdir())
            links = "".join(f'<tr><td><a href="{name}">{name}</a></td></tr>\n' for name in names)
            return self.answer(200, f"<html><body><table>\n{links}</table></body></html>".encode(), "text/html")
        if not path.is_file() or ".." in path.parts:
            return self.answer(404, b"<html>Not Found</html>", "text/html")
        content = path.read_bytes()
        tag, wanted = f'"{path.stat().st_mtime_ns:x}"', re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        self.server.log.append(self.path)
        if wanted and self.headers.get("If-Range", tag) == tag:
            first = int(wanted[1])
            span = f"bytes {first}-{len(content) - 1}/{len(content)}"
            return self.answer(206, content[first:], **{"ETag": tag, "Content-Range": span})
        return self.answer(200, content, ETag=tag)

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if not self.path.startswith(f"/{STIX}/api/request/imaging/flare"):
            return self.answer(404, b"")
        begin, end = (datetime.fromisoformat(form[key][0]) for key in ("start_utc", "end_utc"))
        rows = []
        for path in sorted((self.server.root / STIX / "image-archive").rglob("*.fits")):
            told = parse_name(path.name)
            if begin <= datetime.fromisoformat(told["start"]) < end:
                rows.append({"unique_id": told["uid"], "fits": {"clean": {"filename": f"/data/{path.name}"}}})
        return self.answer(200, json.dumps({"data": rows}).encode(), "application/json")

    def answer(self, status, body, kind="application/octet-stream", **headers):
        self.send_response(status)
        headers = {"Content-Type": kind, "Content-Length": len(body), "Accept-Ranges": "bytes"} | headers
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def serve_archives(root):
    """Serve a folder; yields the address for FLAREBOOK_MIRROR and the list of the files that were asked for.

    Of a run whose proxy is that address, the list also has what was asked of other hosts, which does not begin with /.
    """
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Archives)
    server.root, server.log = Path(root), []
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server.log
    finally:
        server.shutdown()
        server.server_close()
