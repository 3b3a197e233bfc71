"""Names of the archive's files, and the list of the 4,758 images that the study's authors kept."""

import hashlib
import re
from datetime import datetime
from pathlib import Path

import pandas as pd

from flarebook.compendium.data.download import fetch
from flarebook.compendium.data.manifest import dataset
from flarebook.compendium.errors import InputError

OLD_NAME = re.compile(
    r"(?P<family>stix_[A-Za-z_]+?)_(?P<bsd>\d+)(?:_(?P<flare_id>\d{10}))?_uid_(?P<uid>\d{10})"
    r"_(?P<band>[\d.]+-[\d.]+)keV_(?P<start>\d{8}T\d{6})_(?P<image_id>\d+)_(?P<product>\w+)\.fits(?:\.gz)?"
)


NEW_NAME = re.compile(
    r"(?P<family>stix_L3A_[A-Za-z]+)_(?P<start>\d{8}T\d{6})-\d{8}T\d{6}-(?P<band>[\d.]+-[\d.]+)keV"
    r"_(?P<uid>\d{10})_(?P<image_id>\d+)_(?:[A-Za-z]+_)?(?P<product>[a-z]+_(?:hpc|stx))\.fits(?:\.gz)?"
)


PUBLISHED = "stix-kept-filenames"  # data set of the published names
COLUMNS = ["filename", "uid", "flare_id", "band", "start", "image_id", "family", "product"]


def parse_name(filename):
    """What the name of an archive file tells: {filename, uid, flare_id, band, start, image_id, family, product}.

    filename: with or without its folders; both name schemes of the archive.  uid: of the request for the data, ten
    digits; flare_id: "" where the name has none; band: keV, "4-10"; start: ISO text, UTC; image_id: number in the
    data centre's database.  Raises InputError for any other name.
    """
    name = Path(str(filename).strip()).name
    found = OLD_NAME.fullmatch(name) or NEW_NAME.fullmatch(name)
    if not found:
        raise InputError(
            f"{name!r} is not a name of the image archive: give one such as "
            "stix_ql_image_sci_5316_uid_2111010024_4-10keV_20211101T013654_1938_clean_map.fits"
        )
    parsed = {"filename": name, "flare_id": "", **found.groupdict()}
    parsed["flare_id"] = parsed["flare_id"] or ""
    try:
        parsed["start"] = datetime.strptime(parsed["start"], "%Y%m%dT%H%M%S").isoformat()
    except ValueError as error:
        raise InputError(f"the time {parsed['start']} in the name {name!r} is none: correct the name") from error
    return {column: parsed[column] for column in COLUMNS}


def archive_name(uid, start, image_id, band="4-10", flare_id="", bsd=0, family="stix_sci_preview"):
    """Name of a CLEAN map in the archive's older scheme, as the pipeline would give it.

    uid: ten digits; start: ISO text, UTC; band: keV; bsd: number of the science-data file.  Returns a str.
    """
    time = datetime.fromisoformat(str(start)).strftime("%Y%m%dT%H%M%S")
    flare = f"_{flare_id}" if flare_id else ""
    return f"{family}_{bsd}{flare}_uid_{uid}_{band}keV_{time}_{image_id}_clean_map.fits"


def published_names():
    """Names of the images that the poster kept, as the authors published them, in their order.

    Looked for in the folder FLAREBOOK_MIRROR, then in the cache, then at its public address.  Returns a table with
    what `parse_name` tells of each.  Raises InputError without a network, or when the list was changed.
    """
    entry = dataset(PUBLISHED)
    path = fetch(entry.files[0])
    names = [Path(line).name for line in path.read_text().split()]  # the public list has the authors' folder in front
    found = hashlib.sha256("".join(f"{name}\n" for name in names).encode()).hexdigest()
    if entry.sha256 and found != entry.sha256:
        raise InputError(f"{path} does not hold the {entry.title.lower()}: delete it and fetch it again")
    return pd.DataFrame([parse_name(name) for name in names])
