"""Before a run on real data: are the archives within reach?  `python -m flarebook.compendium.workflow.real_run`."""

import requests

from flarebook.compendium.batch_report import run_script
from flarebook.compendium.data.cache import local_data
from flarebook.compendium.data.hosts import mirrored, remedy_offline
from flarebook.compendium.data.transfer import short_reason
from flarebook.compendium.errors import InputError

ARCHIVE = "https://www.lmsal.com/"  # asked in place of all
TIMEOUT = 10  # s


def check_archives():
    """Raise InputError when a run on real data could read nothing: no network, and no file in mirror and cache.

    Files in the folder FLAREBOOK_MIRROR or in the cache are taken as they are: they may be all that the run needs.
    What the cache keeps for itself, such as a list of failures, is no such file.
    """
    if local_data():
        return
    url = mirrored(ARCHIVE)
    try:
        requests.head(url, timeout=TIMEOUT)
    except requests.RequestException as error:
        raise InputError(
            f"a run on real data needs the archives, but {url} is out of reach ({short_reason(error)}): "
            f"{remedy_offline()}"
        ) from error


if __name__ == "__main__":
    run_script(check_archives)
