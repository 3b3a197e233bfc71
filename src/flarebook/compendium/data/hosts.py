"""Hosts that are asked: through a mirror where one is named, on safe ways, politely, and in vain only once.

All jobs of a process share what is known of a host: its free connections, when it may be asked next, and whether it
could not be reached a moment ago.  The first two hold for all processes that share a cache: a host has a file there,
whose time of change is when it may be asked next, and one for each connection, locked while that is open.
"""

import fcntl
import math
import os
import threading
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

from flarebook.compendium.atomic_files import make_folder
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import cache_folder

FOLDER = "hosts"  # in the cache
CONNECTIONS, PAUSE = 4, 0.1  # open at a time to one host; s between the starts of two requests to it
LONGEST_WAIT = 120.0  # s that a server may ask for
LONGEST_PAUSE = 86400.0  # s that are remembered of what it asks for: more is a fault, of it or of a clock
BETWEEN_LOOKS = 0.05  # s between two looks for a connection that other processes hold
FORGOTTEN = 60.0  # s after which a host that could not be reached is asked again
LOOPBACK = ("127.0.0.1", "localhost", "::1")
UNENCRYPTED = ("http://sdc.uio.no/vol/fits/iris/level2/",)  # mirror of IRIS that has no https: a hash must decide
OFFLINE = "connect to the network, or set FLAREBOOK_MIRROR to a folder that holds the file"
NO_MIRROR = "start the mirror that FLAREBOOK_MIRROR names, or unset it"


class Unreachable(InputError):
    """A host cannot be reached, so that other files of it need not be asked for."""


class NotAsked(InputError):
    """An address is not safe, so that it is not asked: another one may send the file."""


class _Host:
    """What this process knows of a host."""

    def __init__(self):
        self.connections = threading.BoundedSemaphore(CONNECTIONS)
        self.failed_at, self.reason = -math.inf, ""  # when it could not be reached, and why


_hosts, _hosts_lock = {}, threading.Lock()


def _host(url):
    """The record of an address's host."""
    with _hosts_lock:
        return _hosts.setdefault(urlsplit(url).netloc, _Host())


def forget_hosts():
    """Forget what is known of all hosts, as in a child process, whose locks may be held by threads it lacks."""
    global _hosts_lock
    _hosts_lock = threading.Lock()
    _hosts.clear()


os.register_at_fork(after_in_child=forget_hosts)


@contextmanager
def connection(url):
    """Hold one of the connections to an address's host, from the time when it may be asked.

    Yields the seconds waited.  Raises InputError, at once, where the host could not be reached within the last minute,
    or asked to wait for longer than LONGEST_WAIT, and where the cache cannot be written.
    """
    host, began = _host(url), time.monotonic()
    _check_reached(host, url)
    with host.connections, _locked_file(url, range(CONNECTIONS)):
        while (wait := _wait_of(url)) > 0:
            time.sleep(wait)
        _check_reached(host, url)
        yield time.monotonic() - began


@contextmanager
def _locked_file(url, numbers=()):
    """Lock the file of an address's host, or the first free one of its numbered files; yields the descriptor."""
    folder, name = make_folder(cache_folder() / FOLDER), urlsplit(url).netloc.rpartition("@")[2][-200:]
    paths = [folder / f"{name}.{number}" for number in numbers] or [folder / name]
    mode = fcntl.LOCK_EX | (fcntl.LOCK_NB if numbers else 0)  # the host's own is free again at once
    while (file := next(filter(None, (_lock_file(path, mode) for path in paths)), None)) is None:
        time.sleep(BETWEEN_LOOKS)
    try:
        yield file
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)  # a child process may have the descriptor too
        os.close(file)


def _lock_file(path, mode):
    """Descriptor of a locked file, which is made; None when another thread or process has it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(file, mode)
    except BlockingIOError:
        os.close(file)
        return None
    return file


def _wait_of(url):
    """Seconds until a host may be asked, 0 when that is now: the next request may then start a pause later."""
    pause = 0.0 if urlsplit(url).hostname in LOOPBACK else PAUSE
    with _locked_file(url) as file:
        wait = _pause_left(file)
        if wait > 0:
            check_wait(wait, url, "its host asks for a pause")
        else:
            _set_pause(file, pause)
        return max(wait, 0.0)


def _pause_left(file):
    """Seconds until the time of change of a host's file."""
    left = os.fstat(file).st_mtime - time.time()  # by the clock on the wall, which other processes have too
    return left if left <= LONGEST_PAUSE else 0.0


def _set_pause(file, seconds):
    """Set the time of change of a host's file."""
    until = time.time() + seconds
    os.utime(file, (until, until))


def _check_reached(host, url):
    """Raise InputError when a host could not be reached a moment ago: a hundred files would wait for as many times."""
    if time.monotonic() - host.failed_at < FORGOTTEN:
        raise Unreachable(f"cannot fetch {url} ({host.reason}, as a moment ago): {remedy_offline()}")


def hold_requests(url, seconds):
    """Let no job of any process ask an address's host for some seconds, as it has asked by Retry-After."""
    with _locked_file(url) as file:
        _set_pause(file, max(_pause_left(file), min(seconds, LONGEST_PAUSE)))


def note_unreachable(url, reason):
    """Note that an address's host cannot be reached, so that other jobs need not find that out."""
    host = _host(url)
    host.failed_at, host.reason = time.monotonic(), reason


def check_wait(seconds, url, reason):
    """Raise InputError for a wait that is longer than LONGEST_WAIT."""
    if seconds > LONGEST_WAIT:
        raise InputError(f"cannot fetch {url} now ({reason}): try again in {seconds:.0f} s")


def mirror_address():
    """Address that FLAREBOOK_MIRROR gives, without its last slash; None when it names a folder or nothing.

    Raises InputError for an address that is neither https nor on this machine.
    """
    mirror = os.environ.get("FLAREBOOK_MIRROR", "")
    if "://" not in mirror:
        return None
    if not is_safe(mirror):
        raise InputError(
            f"FLAREBOOK_MIRROR is {mirror}, which is neither https nor http on this machine: "
            "give such an address, or a folder"
        )
    return mirror.rstrip("/")


def mirrored(url):
    """Address at which a file, a listing or a query is asked for: str.

    Where FLAREBOOK_MIRROR is an address, https://HOST/PATH?QUERY becomes MIRROR/HOST/PATH?QUERY, the layout of
    `wget --force-directories`; otherwise, and below the mirror itself, it is the same.
    """
    mirror = mirror_address()
    if not mirror or f"{url}/".startswith(f"{mirror}/"):
        return url
    return f"{mirror}/{url.partition('://')[2]}"


def is_safe(url):
    """Whether what an address sends cannot be changed on its way: https, or http on this machine."""
    return url.startswith("https://") or is_local(url)


def is_local(url):
    """Whether an address is one of this machine, by http."""
    try:
        return url.startswith("http://") and urlsplit(url).hostname in LOOPBACK
    except ValueError:  # "http://[::1"
        return False


def check_way(url, hashed=False):
    """Raise NotAsked for an address that is not safe, but for the mirror without https of a file of known hash."""
    if is_safe(url) or (hashed and url.startswith(UNENCRYPTED)):
        return
    unhashed = url.startswith(UNENCRYPTED)
    reason = "it is not https, and no sha256 of the file is known yet" if unhashed else "it is not https"
    raise NotAsked(f"cannot fetch {url} ({reason}): check the address")


def remedy_offline():
    """What to do about a host that cannot be reached."""
    return NO_MIRROR if mirror_address() else OFFLINE
