"""The archive ends with the real flare, whose truth is missing, and the statistics treat all images alike."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.stix.archive import load, statistics
from flarebook.stix.figures import archive as plot_archive
from flarebook.stix.maps.fits_map import read_map
from flarebook.stix.maps.preprocess import normalise
from flarebook.stix.simulation import population
from flarebook.stix.simulation.artefacts import ARTEFACTS
from flarebook.stix.simulation.simulate import prepare


@pytest.fixture(scope="module")
def chosen():
    rng = np.random.default_rng(2)
    events = population.select_images(population.draw_events(3_000, rng), rng, 500)
    return prepare(events, rng).head(24)


@pytest.fixture(scope="module")
def archive(chosen):
    return load.load_archive("simulated", chosen, 1, processes=1)[:2]


def test_the_real_flare_comes_last_and_its_truth_is_missing(archive):
    images, records = archive
    last = records.iloc[-1]
    assert len(images) == len(records) and last["origin"] == "real" and last["start"].startswith("2020-06-07")
    truth = ["n_sources", "is_artefact", "artefact", "kind", *[f"artefact_{name}" for name in ARTEFACTS]]
    assert last[truth].isna().all()
    assert images[-1].max() == 255
    assert (records["origin"] == "simulated").sum() == 24


def test_another_source_is_refused(chosen):
    with pytest.raises(InputError, match="source 'sky' is none"):
        load.load_archive("sky", chosen, 1)


def test_a_written_sample_reads_back_as_the_image_of_its_record(archive, chosen, tmp_path):
    images, records = archive
    (path,) = load.write_samples(tmp_path, chosen, 1, 1)
    assert path.name == records["name"].iloc[0]
    found = read_map(path)
    assert found.simulated
    assert np.abs(normalise(found.data).astype(int) - images[0]).max() <= 1


def test_size_of_a_disk_is_its_diameter():
    y, x = np.indices((177, 177)) - 88
    disk = np.where(np.hypot(x, y) < 20, 255, 0).astype(np.uint8)
    assert statistics.half_maximum_size(disk[None]) == pytest.approx([40], abs=1)


def test_shares_of_kept_flares_by_band():
    significance, kept = np.array([2.0, 2.0, 50.0, 50.0]), np.array([True, False, True, True])
    table = statistics.kept_by_significance(significance, kept, np.array([False, False, True, False]))
    assert table.set_index("from").loc[1, ["soft", "hard"]].tolist() == [0.5, 0.0]
    assert table.set_index("from").loc[40, ["soft", "hard"]].tolist() == [0.5, 0.5]


def test_distributions_are_densities():
    events = population.draw_events(3_000, np.random.default_rng(0))
    table = plot_archive.distribution_table(events)
    rows = table[table["quantity"] == "distance"]
    assert (rows["density"] * (rows["to"] - rows["from"])).sum() == pytest.approx(1, abs=0.01)


def test_mosaic_shows_as_many_rows_as_kinds_and_the_real_images(archive):
    images, records = archive
    rows = plot_archive.pick_examples(records, "artefact", ["none"], 6, np.random.default_rng(0))
    figure = plot_archive.plot_examples(images, records, rows, {"none": "kept"})
    assert [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()] == ["kept", "real"]
    table = plot_archive.example_table(records, rows)
    assert isinstance(table, pd.DataFrame) and (table["row"] == "real").any()


def test_a_caption_names_maps_of_the_archive_only_where_they_are_framed():
    records = pd.DataFrame({"origin": ["simulated", "real"]})
    assert "map" not in plot_archive.describe_real(records) and "flare" in plot_archive.describe_real(records)
    assert "maps" in plot_archive.describe_real(pd.concat([records, records]))
    assert "fainter line" not in plot_archive.describe_real_lines(1)
