"""A folder of real-format files becomes images and records; what is bad is listed."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.data.download import in_mirror
from flarebook.compendium.errors import InputError
from flarebook.stix.archive.real_maps import UNKNOWN, read_folder, read_labelled_folder, real_archive
from flarebook.stix.maps.fits_map import HDUS, write_map
from tests.archives.server import serve_archives
from tests.archives.xray_maps import write_maps

NAME = "stix_sci_preview_9548_2203071216_uid_2203078775_4-10keV_20220307T121414_17409_clean_map.fits"


def write(path, size=257, pixel=1.0, value=None, **keywords):
    """A CLEAN file with a source 30 arcsec west of the centre, or with one value everywhere."""
    at = (np.arange(size) - (size - 1) / 2) * pixel
    source = np.exp(-((at - 30) ** 2)[None, :] / 100 - (at**2)[:, None] / 100).astype(np.float32)
    data = source if value is None else np.full((size, size), value, np.float32)
    maps = dict.fromkeys(HDUS, data) | {"residual": np.full((size, size), 0.5, np.float32)}
    return write_map(path, maps, "2022-03-07T12:14:14", (300.0, 200.0), pixel=pixel, **keywords)


def test_one_file_is_an_archive_of_one_image_with_its_record(tmp_path):
    write(tmp_path / NAME, distance=0.5, simulated=False)
    images, records, skipped = read_folder(tmp_path)
    assert images.shape == (1, 177, 177) and images.dtype == np.uint8 and not skipped
    assert np.unravel_index(images[0].argmax(), (177, 177)) == (88, 118)
    row = records.iloc[0]
    assert (row["image_id"], row["flare_id"], row["band"]) == ("2203078775", "2203071216", "4-10")
    assert (row["origin"], row["flag"], row["name"]) == ("real", "", NAME)
    assert row["distance"] == pytest.approx(0.5) and row["residual_rms"] == pytest.approx(0.5)
    assert (row["map_x"], row["map_y"]) == pytest.approx((300, 200), abs=0.01)


def test_truth_is_missing_and_survives_a_table_on_disk(tmp_path):
    write(tmp_path / NAME)
    records = read_folder(tmp_path).records
    records.to_parquet(tmp_path / "records.parquet")
    read = pd.read_parquet(tmp_path / "records.parquet")
    assert read[list(UNKNOWN)].isna().all(axis=None)
    assert (read["n_sources"] > 1).sum() == 0 and read["n_sources"].dtype == "Int64"


def test_a_simulated_file_stays_simulated(tmp_path):
    write(tmp_path / NAME)
    assert read_folder(tmp_path).records["origin"].tolist() == ["simulated"]


def test_both_formats_stand_side_by_side(tmp_path):
    write(tmp_path / NAME)
    write(tmp_path / "later" / "mine_clean_hpc.fits", 128, 2.0)
    images, records, _ = read_folder(tmp_path)
    assert np.abs(images[0].astype(int) - images[1]).max() <= 3
    assert records["image_id"].tolist() == ["", "2203078775"] and records["band"].tolist() == ["4-10", "4-10"]


def test_bad_files_are_listed_and_other_products_passed_over(tmp_path):
    write(tmp_path / NAME)
    write(tmp_path / NAME.replace("clean_map", "bp_map"))
    write(tmp_path / "full_clean_map.fits", pixel=5.0)
    cut = write(tmp_path / "cut_clean_map.fits")
    cut.write_bytes(cut.read_bytes()[:300_000])
    write(tmp_path / "small_clean_map.fits", size=101)
    read = read_folder(tmp_path)
    assert read.records["name"].tolist() == [NAME]
    reasons = dict(read.skipped)
    assert len(reasons) == 3
    assert "broken or not a STIX map" in reasons[str(cut)]
    assert "pixels of 5 x 5 arcsec" in reasons[str(tmp_path / "full_clean_map.fits")]
    assert "smaller than the field" in reasons[str(tmp_path / "small_clean_map.fits")]


@pytest.mark.parametrize("value", [0.0, -3.0, np.nan, 1e38])
def test_maps_that_show_no_source_are_refused(tmp_path, value):
    write(tmp_path / "a_clean_map.fits")
    write(tmp_path / "b_clean_map.fits", value=value)
    images, records, skipped = read_folder(tmp_path)
    assert records["name"].tolist() == ["a_clean_map.fits"] and "shows no source" in skipped[0][1]


def test_a_folder_without_maps_is_told(tmp_path):
    with pytest.raises(InputError, match="there is no folder"):
        read_folder(tmp_path / "none")
    with pytest.raises(InputError, match="holds no CLEAN map .0 other FITS files."):
        read_folder(tmp_path)
    write(tmp_path / NAME.replace("clean_map", "em_map"))
    with pytest.raises(InputError, match="holds no CLEAN map .1 other FITS files."):
        read_folder(tmp_path)
    (tmp_path / NAME).write_text("no FITS")
    with pytest.raises(InputError, match="none of the 1 files can be used; first: .* broken or not a STIX map"):
        read_folder(tmp_path)


def test_labelled_folders_give_the_number_of_sources(tmp_path):
    for folder, name in (
        ("1", "a_clean"),
        ("1", "a_clean_no_resid"),
        ("2", "a_clean"),
        ("4", "b_clean"),
        ("1", "c_em"),
    ):
        write(tmp_path / folder / f"{name}.fits")
    write(tmp_path / "notes" / "d_clean.fits")
    (tmp_path / "1" / "z_clean.fits").write_text("no FITS")
    images, records, skipped = read_labelled_folder(tmp_path)
    assert records["n_sources"].tolist() == [1, 2, 4] and len(images) == 3
    assert [file for file, _ in skipped] == [str(tmp_path / "1" / "z_clean.fits")]


def test_a_labelled_folder_needs_numbered_folders(tmp_path):
    write(tmp_path / "a_clean.fits")
    with pytest.raises(InputError, match="has no folders 1, 2, 3"):
        read_labelled_folder(tmp_path)


def test_the_real_archive_file_is_read_from_the_mirror():
    path = in_mirror("stix_ql_image_sci_5316_uid_2111010024_4-10keV_20211101T013654_1938_clean_map.fits")
    if path is None:
        pytest.skip("needs FLAREBOOK_MIRROR with the archive's CLEAN file")
    images, records, skipped = read_folder(path.parent)
    assert len(images) == 1, "the forward-fit map beside it is another product"
    assert all("not of STIX" in reason for _, reason in skipped), "another instrument's files may lie there"
    assert records["image_id"][0] == "2111010024" and records["distance"][0] == pytest.approx(0.8267, abs=1e-4)
    assert records["peak_flux"][0] == pytest.approx(0.2896, abs=1e-4)
    row, column = np.unravel_index(images[0].argmax(), (177, 177))
    assert np.hypot(row - 88, column - 88) < 20, "the pipeline centres its maps on the flare"


@pytest.fixture
def centre(tmp_path, monkeypatch):
    """The data centre with four simulated maps, in a rehearsal: their paths."""
    paths = write_maps(tmp_path / "served", 4)
    monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("FLAREBOOK_REHEARSAL", "1")
    with serve_archives(tmp_path / "served") as (address, _):
        monkeypatch.setenv("FLAREBOOK_MIRROR", address)
        yield paths


def test_maps_of_a_query_come_in_order_of_time_and_are_a_rehearsal(centre):
    every = real_archive(n_images=9, start="2020-06-01", end="2023-01-01").records
    assert len(every) == 4 and set(every["origin"]) == {"rehearsal"} and every["start"].is_monotonic_increasing
    first = real_archive(n_images=2, start="2020-06-01", end="2023-01-01").records
    assert first["name"].tolist() == every["name"].tolist()[:2]


def test_a_map_that_is_no_fits_is_listed_and_the_others_are_there(centre):
    centre[1].write_bytes(b"<html>down</html>")
    archive = real_archive(n_images=9, start="2020-06-01", end="2023-01-01")
    assert len(archive.images) == 3 and archive.skipped[0][0] == centre[1].name


def test_a_query_without_maps_names_the_times(centre):
    with pytest.raises(InputError, match="lists no CLEAN map from 2030-01-01 to 2030-02-01"):
        real_archive(start="2030-01-01", end="2030-02-01")
