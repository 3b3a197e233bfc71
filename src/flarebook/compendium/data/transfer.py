"""Transfers by HTTP: what is cut goes on, what is busy is asked again, what has no end is given up.

All addresses are asked as `hosts` says, so a mirror of the archives may stand in for them.
"""

import hashlib
import http.client
import io
import os
import re
import shutil
import threading
import time
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from flarebook.compendium.data.hosts import (
    LOOPBACK,
    Unreachable,
    check_wait,
    check_way,
    connection,
    hold_requests,
    mirrored,
    note_unreachable,
    remedy_offline,
)
from flarebook.compendium.errors import InputError, reason_of

TRIES, PAUSE = 4, 1.0  # attempts in a row that bring nothing new; s before the second, doubled each time
TIMEOUTS = (10, 30)  # s to connect, and between two pieces
GRACE, SLOWEST = 120.0, 10_000.0  # s that a transfer may take, and bytes per s beyond that
LIMIT, PAGE = 64 << 30, 16 << 20  # bytes of a file and of a page, where nothing better is known
CHUNK = 1 << 18
RESERVE = 64 << 20  # bytes that a download leaves free on the disk
BUSY = "try again later, or set FLAREBOOK_MIRROR to a folder that holds the file"
BROKEN = (  # before the answer, and while its body is read
    *(requests.Timeout, requests.ConnectionError, http.client.HTTPException),
    *(urllib3.exceptions.ProtocolError, urllib3.exceptions.TimeoutError, urllib3.exceptions.SSLError),
)
PART = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")

_own = threading.local()  # the session of each thread, whose connections serve one file after another


class WrongFile(InputError):
    """What came is not the file: nothing of it is of use."""


class _Again(Exception):
    """An attempt failed, and another may not: its reason, s to wait, whether the host cannot be reached."""

    def __init__(self, reason, wait=0.0, unreachable=False):
        super().__init__(reason)
        self.wait, self.unreachable = wait, unreachable


def transfer(url, stream, form=None, size=None, limit=LIMIT, progress=None, hashed=False, part=None):
    """Write what an address sends to a stream, as it is sent: a packed file stays packed.

    stream: binary and seekable.  form: {name: text} to send by POST.  size: bytes of the file, where known.
    progress: called with (bytes so far, bytes in all or None).  hashed: whether the file's sha256 is known.  A cut
    transfer goes on only where the server confirms that the file is the same (ETag or date, If-Range); otherwise it
    starts anew.
    part: what is known of the file whose beginning the stream holds, and stands behind: its `tag`, None when nothing
    is there; `begin(tag, total)` is called when a file begins, before its first byte.
    Raises InputError for an unreachable host, an answer without a file, one that is slow, endless or too large; the
    kind WrongFile where the file is another than the one meant.
    """
    url = mirrored(url)
    check_way(url, hashed)
    state = _State(url, stream, form, size, limit, progress, part)
    failed, most = 0, state.have
    while True:
        try:
            return _attempt(state)
        except _Again as again:
            failed = 0 if state.have > most else failed + (TRIES // 2 if again.unreachable else 1)
            most, wait = max(most, state.have), max(again.wait, PAUSE if again.unreachable else PAUSE * 2**failed)
            if again.wait:
                hold_requests(url, again.wait)
            if failed >= TRIES:
                if again.unreachable:
                    note_unreachable(url, str(again))
                    raise Unreachable(f"cannot fetch {url} ({again}): {remedy_offline()}") from again
                raise InputError(f"cannot fetch {url} ({again}): {BUSY}") from again
            check_wait(wait, url, again)
            state.check_time(wait)
            time.sleep(wait)


def read_page(url, form=None):
    """Text of a page, or of the answer to a form that is sent by POST: str; InputError as of `transfer`."""
    stream = io.BytesIO()
    transfer(url, stream, form, limit=PAGE)
    return stream.getvalue().decode(errors="replace")


def read_mark(url):
    """Size and time of change that a server tells of a file without sending it: (bytes, s since 1970), None: untold.

    Raises InputError as `transfer` does, but asks once.
    """
    url = mirrored(url)
    check_way(url)
    try:
        with connection(url), _answer(url, None, {"Accept-Encoding": "identity"}, "HEAD") as answer:
            if answer.status_code != 200:
                hold_requests(url, _wait_asked(answer))
                raise _Again(f"the server answers {answer.status_code}")
            length, changed = (answer.headers.get(name, "") for name in ("Content-Length", "Last-Modified"))
    except _Again as again:
        raise (Unreachable if again.unreachable else InputError)(f"cannot fetch {url} ({again}): {BUSY}") from again
    try:
        return int(length) if length.isdigit() else None, parsedate_to_datetime(changed).timestamp()
    except ValueError:
        return int(length) if length.isdigit() else None, None


class HashingFile(io.FileIO):
    """A file to write a transfer to, hashed as it is written: that time is lost in waiting for the network."""

    def __init__(self, path):
        there = path.is_file()
        super().__init__(path, "r+b" if there else "w+b")
        self.hash = hashlib.file_digest(self, "sha256") if there else hashlib.sha256()  # of what is there, to its end

    def write(self, data):
        """Write all bytes, or raise OSError."""
        written = super().write(data)
        self.hash.update(data[:written])
        return written if written == len(data) else written + self.write(data[written:])

    def truncate(self, size=None):
        """Empty the file, which is the only size to which a transfer cuts it."""
        self.hash = hashlib.sha256()
        return super().truncate(size)


class _State:
    """A transfer under way: what has come, of which file."""

    def __init__(self, url, stream, form, size, limit, progress, part):
        self.url, self.stream, self.form, self.progress = url, stream, form, progress
        self.size, self.limit, self.started = size, size or limit, time.monotonic()
        self.received = 0  # bytes, with those that were sent again
        self.part, self.tag = part, part.tag if part else None  # the tag tells the server which file it was

    @property
    def have(self):
        """Bytes written."""
        return self.stream.tell()

    def start_anew(self):
        """Forget what has come."""
        self.stream.seek(0)
        self.stream.truncate()
        self.tag = None

    def begin(self, tag, total):
        """Note of which file the first byte is about to be written."""
        self.start_anew()
        self.check_size(total)
        self.tag = tag
        if self.part:
            self.part.begin(tag, total)

    def check_time(self, more=0.0):
        """Raise InputError when the transfer has taken too long, or would after `more` seconds."""
        taken = time.monotonic() - self.started + more
        if taken > GRACE + self.received / SLOWEST:
            raise InputError(f"{self.url} sent {self.received} bytes in {taken:.0f} s, which is too slow: try later")

    def check_size(self, announced):
        """Raise WrongFile when the file is, or will be, larger than allowed or of another size than expected."""
        if announced and self.size and announced != self.size:
            raise WrongFile(f"{self.url} has {announced} bytes where {self.size} are expected: it has changed")
        if max(announced or 0, self.have) > self.limit:
            raise WrongFile(f"{self.url} is larger than the {self.limit:.3g} bytes allowed: check the address")

    def check_room(self):
        """Raise WrongFile when a file that states no size, and may have no end, is about to fill the disk."""
        if self.part and shutil.disk_usage(self.part.target).free < RESERVE:
            raise WrongFile(
                f"{self.url} states no size, and {self.part.target} has no room for more than the {self.have:.3g} "
                "bytes that it sent: nothing was kept; check the address, or make room"
            )


def _attempt(state):
    """Request what is missing and write it; raises _Again where the connection broke or the server is busy."""
    if not state.tag:
        state.start_anew()
    headers = {"Accept-Encoding": "identity"}
    headers |= {"Range": f"bytes={state.have}-", "If-Range": state.tag} if state.have else {}
    with connection(state.url) as waited, _answer(state.url, state.form, headers) as answer:
        state.started += waited
        total = _begin(answer, state)
        while chunk := answer.raw.read1(CHUNK, decode_content=False):
            state.received += state.stream.write(chunk)
            state.check_size(None)
            state.check_time()
            if total is None:
                state.check_room()
            if state.progress:
                state.progress(state.have, total)
    if total and state.have < total:
        raise _Again(f"the connection broke after {state.have} of {total} bytes")
    state.check_size(state.have)
    if not state.have:
        raise InputError(f"{state.url} sent nothing: check the address, or try later")


def _begin(answer, state):
    """Bytes of the whole file as the answer tells, None when it does not; the stream stands where its body belongs."""
    status, length = answer.status_code, answer.headers.get("Content-Length", "")
    if status == 429 or status >= 500:
        raise _Again(f"the server answers {status}", _wait_asked(answer))
    if status == 416 or (status == 206 and not _continues(answer, state)):
        state.start_anew()
        raise _Again("the server sent another part than the one asked for")
    if status == 206:
        total = PART.fullmatch(answer.headers["Content-Range"])[2]
        state.check_size(int(total) if total.isdigit() else None)
        return int(total) if total.isdigit() else None
    if status != 200:
        reason = "is not there" if status >= 400 else "sent no file"
        raise InputError(f"{state.url} {reason} (the server answers {status}): check the address")
    tag, total = answer.headers.get("ETag", ""), int(length) if length.isdigit() else None
    state.begin(tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified"), total)
    return total


def _continues(answer, state):
    """Whether a partial answer begins where the stream ends, and is of the same file."""
    part = PART.fullmatch(answer.headers.get("Content-Range", ""))
    told = {answer.headers.get(name) for name in ("ETag", "Last-Modified")} - {None}
    return bool(part) and int(part[1]) == state.have and (not told or state.tag in told)


def _wait_asked(answer):
    """Seconds that the header Retry-After asks to wait, a number or a date; 0 without it."""
    try:
        return urllib3.Retry().get_retry_after(answer.raw) or 0.0
    except urllib3.exceptions.InvalidHeader:
        return 0.0


def _session():
    """The session of this thread in this process, which keeps connections and no cookies."""
    if getattr(_own, "process", None) != os.getpid():  # sockets must not be shared with the parent
        _own.session, _own.process = requests.Session(), os.getpid()
        _own.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return _own.session


@contextmanager
def _answer(url, form, headers, method="GET"):
    """Yield the answer to a request; what goes wrong, also while the body is read, is an InputError or _Again."""
    method, answered = "POST" if form else method, False
    options = {"stream": True, "timeout": TIMEOUTS, "hooks": {"response": _check_redirection}}
    try:
        with _session().request(method, url, data=form, headers=headers, **options) as answer:
            answered = True
            yield answer
    except InputError:
        raise
    except BROKEN as error:
        refused = isinstance(error, requests.Timeout) or hasattr(next(iter(error.args), None), "reason")
        raise _Again(short_reason(error), unreachable=refused and not answered) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
        raise InputError(f"cannot fetch {url} ({short_reason(error)}): check the address") from error


def _check_redirection(answer, **_):
    """Raise InputError for an answer that leads elsewhere than to https; this machine may lead to itself."""
    if not answer.is_redirect:
        return
    try:
        target = urlsplit(urljoin(answer.url, answer.headers["Location"]))
    except ValueError as error:
        raise InputError(f"{answer.url} leads to an address that is none ({error}): check the address") from error
    local = target.scheme == "http" and {target.hostname, urlsplit(answer.url).hostname} <= set(LOOPBACK)
    if target.scheme != "https" and not local:
        raise InputError(f"{answer.url} leads to {target.geturl()}, which is not https: it is not followed")


def short_reason(error):
    """Reason of a failed request in a few words."""
    cause = getattr(next(iter(error.args), None), "reason", None) or error
    cause = cause.args[-1] if getattr(cause, "args", None) else cause
    return reason_of(str(cause).split(">: ")[-1].split("): ")[-1])[:200]
