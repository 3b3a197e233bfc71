"""Rasters that a folder or an address lists, and whether each is whole.

A look every minute needs no notice from the system: listing a folder takes milliseconds, works on network file systems,
which tell nothing of what another machine writes, and is the only way for an address.
"""

import os
import re
import time
from contextlib import suppress
from html import unescape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urljoin

from flarebook.compendium.data.download import archive_file, download_file
from flarebook.compendium.data.hosts import Unreachable, check_way, is_local
from flarebook.compendium.data.transfer import read_mark, read_page
from flarebook.compendium.errors import InputError
from flarebook.iris.rasters.archive import check_file

ENDINGS = (".fits", ".fits.gz", ".tar.gz", ".tgz", ".tar")
LINK = re.compile(r"""<a\b[^>]*?\bhref\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
SHORTEST = 10.0  # s between two looks at an address of another machine


class Arrival(NamedTuple):
    """A file that is listed: its name, bytes, and when it last changed (s since 1970); None: not known."""

    name: str
    size: int | None
    changed: float | None

    @property
    def mark(self):
        """Text that differs when the file has changed."""
        return f"{self.size} {self.changed}"


def is_raster_name(name):
    """Whether a name is one of a raster file or archive: no part of a download, no slit-jaw images."""
    return name.endswith(ENDINGS) and not name.startswith(".") and "_SJI_" not in name


def is_whole(arrival, earlier, every):
    """Whether nobody writes a file any more: it has not changed for `every` s, or since the look before.

    earlier: {name: mark} of the look before.
    """
    rests = arrival.changed is not None and time.time() - arrival.changed > every
    return rests or earlier.get(arrival.name) == arrival.mark


class WatchedFolder:
    """Rasters in a folder, not those in folders below it."""

    def __init__(self, folder):
        self.folder = Path(folder).expanduser().absolute()
        self.name = str(self.folder)
        if not self.folder.is_dir():
            raise InputError(f"there is no folder {folder}: make it, or give the folder in which rasters arrive")

    def arrivals(self, scored):
        """List the rasters: [Arrival] by name.  The time of change is the one that no copying sets back (ctime).

        scored: as of WatchedAddress.  Raises OSError when the folder has vanished.
        """
        found = []
        with os.scandir(self.folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # it went while the others were looked at
                    if is_raster_name(entry.name) and entry.is_file():
                        found.append(Arrival(entry.name, entry.stat().st_size, entry.stat().st_ctime))
        return sorted(found)

    def fetch(self, name):
        """Path of a raster."""
        return self.folder / name

    def discard(self, name):
        """Keep a raster that cannot be scored, which is not ours."""


class WatchedAddress:
    """Rasters that the listing at an address links to, downloaded into a folder once each."""

    def __init__(self, url, every, downloads):
        self.name = url if url.endswith("/") else f"{url}/"
        self.downloads, self.links = Path(downloads), {}
        check_way(self.name)
        if every < SHORTEST and not is_local(self.name):
            raise InputError(f"--every is {every:g}, but a server is asked every {SHORTEST:g} s at most: give more")

    def arrivals(self, scored):
        """List the rasters that are not scored yet: [Arrival] by name.

        scored: names, of which the server is not asked again.  Raises InputError when the server cannot be reached.
        """
        self.links = listed_links(read_page(self.name), self.name)
        return [self._arrival(name) for name in sorted(self.links.keys() - set(scored))]

    def _arrival(self, name):
        """A raster as the server tells it, of unknown size when it does not."""
        try:
            return Arrival(name, *read_mark(self.links[name]))
        except Unreachable:
            raise
        except InputError:  # the download tells why
            return Arrival(name, None, None)

    def fetch(self, name):
        """Path of a raster, which is downloaded unless it is there; InputError as of `download`."""
        return download_file(archive_file(self.links[name]), check=check_file, folder=self.downloads)

    def discard(self, name):
        """Remove a raster that cannot be scored, so that it is downloaded again when it changes."""
        (self.downloads / name).unlink(missing_ok=True)


def listed_links(page, url):
    """Addresses of the rasters in the folder that a listing shows, by name: {name: address}."""
    found = {}
    for link in LINK.findall(page):
        address = urljoin(url, unescape(link)).partition("#")[0].partition("?")[0]
        name = unquote(address.removeprefix(url))
        if address.startswith(url) and is_raster_name(name) and "/" not in name:
            found[name] = address
    return found


def watched(source, every, downloads):
    """What a source names, an address or a folder: WatchedAddress or WatchedFolder; InputError for neither."""
    return WatchedAddress(source, every, downloads) if "://" in source else WatchedFolder(source)
