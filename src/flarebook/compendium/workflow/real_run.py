"""Before a run on real data: are the archives within reach?  `python -m flarebook.compendium.workflow.real_run`."""

import os
import sys

import requests

from flarebook.compendium.data.hosts import mirror_address, mirrored, remedy_offline
from flarebook.compendium.errors import InputError, reason_of
from flarebook.compendium.project import cache_folder

ARCHIVE = "https://www.lmsal.com/"  # asked in place of all
TIMEOUT = 10  # s


def check_archives():
    """Raise InputError when a run on real data could read nothing: no network, no mirror, and nothing in the cache.

    A folder in FLAREBOOK_MIRROR or files in the cache are taken as they are: they may be all that the run needs.
    """
    mirror, cache = os.environ.get("FLAREBOOK_MIRROR"), cache_folder()
    if (mirror and not mirror_address()) or (cache.is_dir() and any(cache.iterdir())):
        return
    url = mirrored(ARCHIVE)
    try:
        requests.head(url, timeout=TIMEOUT)
    except requests.RequestException as error:
        reason = reason_of(str(error).split(">: ")[-1].split("): ")[-1])
        raise InputError(
            f"a run on real data needs the archives, but {url} is out of reach ({reason}): {remedy_offline()}"
        ) from error


if __name__ == "__main__":
    try:
        check_archives()
    except InputError as error:
        sys.exit(f"error: {error}")
