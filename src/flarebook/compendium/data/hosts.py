"""Hosts that are asked: through a mirror where one is named, on safe ways, politely, and in vain only once.

All jobs of a process share what is known of a host: its free connections, when it may be asked next, and whether it
could not be reached a moment ago.
"""

import math
import os
import threading
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

from flarebook.compendium.errors import InputError

CONNECTIONS, PAUSE = 4, 0.1  # open at a time to one host; s between the starts of two requests to it
LONGEST_WAIT = 120.0  # s that a server may ask for
FORGOTTEN = 60.0  # s after which a host that could not be reached is asked again
LOOPBACK = ("127.0.0.1", "localhost", "::1")
UNENCRYPTED = ("http://sdc.uio.no/vol/fits/iris/level2/",)  # mirror of IRIS that has no https: a hash must decide
OFFLINE = "connect to the network, or set FLAREBOOK_MIRROR to a folder that holds the file"
NO_MIRROR = "start the mirror that FLAREBOOK_MIRROR names, or unset it"


class Unreachable(InputError):
    """A host cannot be reached, so that other files of it need not be asked for."""


class _Host:
    """What this process knows of a host."""

    def __init__(self):
        self.lock, self.connections = threading.Lock(), threading.BoundedSemaphore(CONNECTIONS)
        self.free_at = -math.inf  # of the monotonic clock, when the next request may start
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
    or asked to wait for longer than LONGEST_WAIT.
    """
    host, began = _host(url), time.monotonic()
    _check_reached(host, url)
    with host.connections:
        while (wait := _wait_of(host, url)) > 0:
            time.sleep(wait)
        _check_reached(host, url)
        yield time.monotonic() - began


def _wait_of(host, url):
    """Seconds until a host may be asked, 0 when that is now: the next request may then start a pause later."""
    pause = 0.0 if urlsplit(url).hostname in LOOPBACK else PAUSE
    with host.lock:
        now = time.monotonic()
        if now < host.free_at:
            check_wait(host.free_at - now, url, "its host asks for a pause")
            return host.free_at - now
        host.free_at = now + pause
        return 0.0


def _check_reached(host, url):
    """Raise InputError when a host could not be reached a moment ago: a hundred files would wait for as many times."""
    if time.monotonic() - host.failed_at < FORGOTTEN:
        raise Unreachable(f"cannot fetch {url} ({host.reason}, as a moment ago): {remedy_offline()}")


def hold_requests(url, seconds):
    """Let no job ask an address's host for some seconds, as it has asked by Retry-After."""
    host = _host(url)
    with host.lock:
        host.free_at = max(host.free_at, time.monotonic() + seconds)


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
    """Raise InputError for an address that is not safe, but for the mirror without https of a file of known hash."""
    if is_safe(url) or (hashed and url.startswith(UNENCRYPTED)):
        return
    unhashed = url.startswith(UNENCRYPTED)
    reason = "it is not https, and no sha256 of the file is known yet" if unhashed else "it is not https"
    raise InputError(f"cannot fetch {url} ({reason}): check the address")


def remedy_offline():
    """What to do about a host that cannot be reached."""
    return NO_MIRROR if mirror_address() else OFFLINE
