"""The data manifest and the code agree: which notebooks read what, at which addresses."""

import functools
import importlib
from datetime import date
from pathlib import Path

import pytest

from flarebook.compendium.data.manifest import read_manifest
from flarebook.compendium.workflow.dependencies import notebook_sources
from flarebook.encoders.specs import ENCODERS
from flarebook.goes.archive import satellite_of, xrs_folder
from flarebook.iris.observations import WINDOW_END, WINDOW_MINUTES, observation_table
from flarebook.iris.rasters.archive import day_url, raster_url
from flarebook.solarchip.images.channels import AIA
from flarebook.solarchip.images.jsoc import day_urls
from flarebook.solarchip.images.sdoml import AIA_STORE, HMI_STORE
from flarebook.stix.maps.client import map_url
from flarebook.stix.maps.file_names import parse_name

ROOT = Path(__file__).parents[2]
MANIFEST = read_manifest(ROOT / "data-manifest.yaml")
UNREAD = {"iris-sji-20210905"}  # the package offers it, and no notebook shows it
NOTEBOOKS = sorted(
    path.relative_to(ROOT / "notebooks").with_suffix("").as_posix() for path in ROOT.glob("notebooks/*/*.ipynb")
)
MAP = "stix_ql_image_sci_5316_uid_2111010024_4-10keV_20211101T013654_1938_clean_map.fits"


@functools.cache
def sources(notebook):
    """Files of the package that a notebook reaches."""
    return frozenset(notebook_sources(f"notebooks/{notebook}"))


@functools.cache
def text(path):
    """Content of a file of the project."""
    return (ROOT / path).read_text(encoding="utf-8")


def able_to_read(dataset):
    """Notebooks that reach a data set: its files, a module that names it, or one that makes its addresses."""
    makers = {name.rpartition(".")[0] for template in dataset.templates for name in template.functions}
    own = {f"src/{module.replace('.', '/')}.py" for module in makers} | {file.path for file in dataset.files}
    named = f'"{dataset.id}"'
    return {
        notebook
        for notebook in NOTEBOOKS
        if own & sources(notebook) or any(path.endswith(".py") and named in text(path) for path in sources(notebook))
    }


@pytest.mark.parametrize("dataset", MANIFEST.values(), ids=list(MANIFEST))
def test_what_reads_a_set_is_able_to(dataset):
    able = able_to_read(dataset)
    assert not able or set(dataset.read_by) <= able, "these notebooks reach neither its files nor its addresses"
    able = able if dataset.ships and dataset.id not in UNREAD else ()
    assert dataset.read_by or not able, f"some of {sorted(able)} may read it: enter them"


def test_functions_that_make_addresses_exist():
    names = {name for dataset in MANIFEST.values() for template in dataset.templates for name in template.functions}
    for name in names:
        module, _, function = name.rpartition(".")
        assert callable(getattr(importlib.import_module(module), function)), name


def addresses(id, time, rows=({},)):
    """Addresses of a data set for one time and each of some rows, in order."""
    found = []
    for template in MANIFEST[id].templates:
        (name, texts) = next(iter(template.values.items()), (None, [None]))
        found += [template.address(time, **{name or "": value}, **row) for row in rows for value in texts]
    return sorted(found)


def test_the_68_observations_are_the_rows_of_the_tables_and_so_are_their_addresses():
    template = MANIFEST["iris-level2-paper"].templates[0]
    rows, table = template.rows(), observation_table()
    assert len(rows) == len(table) == 68
    for row, known in zip(rows, table.to_dict("records"), strict=True):
        assert all(row[name] == str(known[name]) for name in ("observation", "start", "obsid", "mode", "onset"))
        assert template.address(row["start"], **row) == raster_url(row["start"], row["obsid"])
        assert date.fromisoformat(row["start"][:10]).strftime(template.listing) == day_url(row["start"])


def test_the_window_of_an_observation_is_the_papers():
    window = MANIFEST["iris-level2-paper"].templates[0].window
    assert window.minutes == (WINDOW_END - WINDOW_MINUTES, WINDOW_END)
    assert f"{WINDOW_MINUTES:.0f} minutes" in window.otherwise


@pytest.mark.parametrize("day", ["2010-05-01", "2014-03-29", "2024-12-31"])
def test_the_eleven_images_of_a_day_are_where_the_package_asks(day):
    assert addresses("sdo-hmi-aia-daily", day) == sorted(day_urls(day).values())


def test_maps_of_stix_are_where_the_package_asks():
    assert addresses("stix-clean-maps", "2021-11-01", [parse_name(MAP)]) == [map_url(MAP)]


def test_each_day_s_xray_flux_is_of_the_satellite_that_the_package_takes():
    templates = MANIFEST["goes-xrs"].templates
    for template, later in zip(templates, [*templates[1:], None], strict=True):
        for day in (template.first, template.last):
            assert f"{xrs_folder(day)}/" == day.strftime(template.listing)
            assert f"_g{satellite_of(day)}_d" in template.url
            assert template.url.startswith(template.listing)
        assert later is None or (later.first - template.last).days == 1


def test_stores_of_sdoml_are_those_that_the_package_opens():
    arrays = [f"{AIA_STORE}/2010/{channel}A" for channel in AIA if channel != "4500"]
    assert addresses("sdo-sdoml-v2", "2010-01-01") == sorted(arrays + [f"{HMI_STORE}/2010/B{axis}" for axis in "xyz"])


def test_weights_are_those_of_the_encoders_that_a_hub_holds():
    rows = {row["name"]: row for row in MANIFEST["encoder-weights"].templates[0].rows()}
    hub = {name: spec for name, spec in ENCODERS.items() if spec.library in ("timm", "open_clip", "transformers")}
    assert set(rows) == set(hub)
    assert MANIFEST["encoder-weights"].bytes == 1e6 * sum(spec.megabytes for spec in hub.values())
    url = MANIFEST["encoder-weights"].templates[0].url
    assert url.format(**rows["dinov2"]).endswith(hub["dinov2"].identifier)


def strftime_of(pattern):
    """Pattern of sunpy's scraper in the codes of strftime, for the average over a minute of GOES-16."""
    codes = {"year:4d": "%Y", "month:2d": "%m", "day:2d": "%d", "SatelliteNumber:2d": "16", "Resolution": "avg1m"}
    for name, code in codes.items():
        pattern = pattern.replace(f"{{{{{name}}}}}", code).replace(f"{{{name}}}", code)
    return pattern.replace("{{}}", "v2-2-0")


def test_archives_of_noaa_lie_where_sunpy_looks_for_them():
    noaa = pytest.importorskip("sunpy.net.dataretriever.sources.noaa")
    goes = pytest.importorskip("sunpy.net.dataretriever.sources.goes")
    assert MANIFEST["noaa-region-summaries"].templates[0].url == strftime_of(noaa.SRSClient.pattern)
    assert MANIFEST["goes-xrs"].templates[2].url == strftime_of(goes.XRSClient.pattern_r)


def test_images_of_aia_lie_where_sunpy_looks_for_them():
    aia = pytest.importorskip("sunpy.net.dataretriever.sources.aia_synopsis")
    pattern = strftime_of(aia.AIASynopsisClient.pattern).replace("{{hour:2d}}", "00").replace("{{minute:2d}}", "00")
    assert MANIFEST["sdo-hmi-aia-daily"].templates[1].url == pattern.replace("{{Wavelength:04d}}", "{channel}")


def test_the_sample_set_of_2011_has_the_names_that_sunpy_gives():
    sample = pytest.importorskip("sunpy.data._sample")
    names = [file.name for file in MANIFEST["sdo-sample-20110607"].files]
    known = {name: key for key, name in sample._SAMPLE_DATA.items()}
    channels = ("094", "131", "171", "193", "211", "304", "335", "1600")
    assert {known[name] for name in names} == {"HMI_LOS_IMAGE", *(f"AIA_{channel}_IMAGE" for channel in channels)}
    addresses = {
        url.rpartition("/sunpy/v1/")[0].rsplit("/", 1)[0]
        for url in (file.url for file in MANIFEST["sdo-sample-20110607"].files)
    }
    assert addresses == {sample._BASE_URLS[0].removesuffix("/main/sunpy/v1/")}
