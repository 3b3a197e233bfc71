"""The real maps of study 2 in batches: as if read at once, and a lost batch is all that is made again."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from flarebook.commands.parts import make
from flarebook.compendium.data.parts import PartStore
from flarebook.compendium.errors import InputError
from flarebook.compendium.workflow.parts import parts_folder
from flarebook.stix import parts
from flarebook.stix.archive.load import load_archive
from flarebook.stix.archive.real_maps import archive_names
from tests.archives.server import serve_archives
from tests.archives.xray_maps import write_maps

VALUES = {"source": "real", "folder": "", "n_real": 5, "start": "2020-06-01", "end": "2023-01-01"}


@pytest.fixture
def centre(tmp_path, monkeypatch):
    """The data centre with five simulated maps, three a part, in a rehearsal: their paths."""
    paths = write_maps(tmp_path / "served", 5)
    monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("FLAREBOOK_REHEARSAL", "1")
    monkeypatch.setattr(parts, "BATCH", 3)
    with serve_archives(tmp_path / "served") as (address, _):
        monkeypatch.setenv("FLAREBOOK_MIRROR", address)
        yield paths


def run_in(folder):
    """What `gather_archive` needs of a notebook's run in a folder."""
    (folder / "results").mkdir(parents=True)
    return SimpleNamespace(
        study="stix", step="2-archive", parameters=VALUES, sources=[folder], folder=folder / "results"
    )


def make_all(folder):
    """Make the parts of a run beforehand, as its jobs do: their store."""
    parameters = parts.part_settings(parts.ARCHIVE, VALUES)
    store = PartStore(parts_folder(folder, parts.ARCHIVE), parameters, parts.SUFFIX)
    for name in parts.part_names(parameters):
        parts.make_part(name, parameters, store)
    return store


def test_batches_are_gathered_as_if_read_at_once(centre, tmp_path):
    centre[1].write_bytes(b"<html>down</html>")
    once, records, skipped = load_archive("real", None, 1, n_real=5, start=VALUES["start"], end=VALUES["end"])
    store = make_all(tmp_path / "before")
    assert [len(np.load(store.path(name) / parts.IMAGES)) for name in store.names()] in ([3, 1], [2, 2])
    for folder in (tmp_path / "before", tmp_path / "within"):  # made by jobs, and by the notebook itself
        images, gathered, left = parts.gather_archive(run_in(folder), folder / "images.npz")
        np.testing.assert_array_equal(images, once)
        pd.testing.assert_frame_equal(gathered, records)
        assert left == skipped and left[0][0] == centre[1].name
    assert not (tmp_path / "within/results/parts").exists()


def test_a_lost_batch_is_named(centre, tmp_path):
    store = make_all(tmp_path)
    first, _ = store.names()
    (store.path(first) / parts.IMAGES).write_bytes(b"cut")
    with pytest.raises(InputError, match=f"part {first} .* is cut or no part"):
        parts.gather_archive(run_in(tmp_path), tmp_path / "images.npz")
    assert not (tmp_path / "images.npz").exists()


def test_a_job_reads_the_list_as_far_as_its_own_batch_and_names_no_other(centre, tmp_path, monkeypatch):
    parameters, asked = parts.part_settings(parts.ARCHIVE, VALUES), []
    names = parts.part_names(parameters)

    def ask(number, *times, **options):
        asked.append(number)
        return archive_names(number, *times, **options)

    monkeypatch.setattr(parts, "archive_names", ask)
    monkeypatch.setattr(parts, "part_names", None)
    profile = tmp_path / "profiles/ci.yaml"
    profile.parent.mkdir()
    profile.write_text(yaml.safe_dump({"notebooks": {parts.ARCHIVE: {"parameters": VALUES}}}))
    (tmp_path / "_toc.yml").touch()
    (tmp_path / "notebooks").symlink_to(Path(__file__).parents[2] / "notebooks")
    monkeypatch.setenv("FLAREBOOK_ROOT", str(tmp_path))
    for name in names:
        make(parts.ARCHIVE, "ci", only=[name], jobs=1)
    assert asked == [3, 5]
    assert PartStore(parts_folder(tmp_path / "build/ci", parts.ARCHIVE), parameters, parts.SUFFIX).names() == names


@pytest.mark.parametrize("name", ["000-00000000", "002-00000000", "first", "-1-00000000"])
def test_a_part_that_the_list_does_not_give_is_refused(centre, name):
    parameters = parts.part_settings(parts.ARCHIVE, VALUES)
    with pytest.raises(InputError, match=f"there is no part '{name}', or the archive's list has changed"):
        parts.make_part(name, parameters, None)


def test_a_list_that_has_changed_gives_other_parts(centre):
    parameters = parts.part_settings(parts.ARCHIVE, VALUES)
    names, fewer = parts.part_names(parameters), parts.part_names({**parameters, "n_real": 4})
    assert len(names) == 2 and names[0] == fewer[0] and names[1] != fewer[1]


def test_a_batch_without_a_map_says_why(centre, tmp_path):
    for path in centre:
        path.unlink()
        path.with_suffix(".fits").write_bytes(b"<html>down</html>")
    store = make_all(tmp_path)
    assert all("none of the" in store.check(name)["skipped"] for name in store.names())
    with pytest.raises(InputError, match="none of the 3 files can be used"):
        parts.gather_archive(run_in(tmp_path), tmp_path / "images.npz")


@pytest.mark.parametrize("other", [{"source": "simulated"}, {"folder": "maps"}])
def test_sources_without_parts(other):
    with pytest.raises(InputError, match="has no parts"):
        parts.part_settings(parts.ARCHIVE, VALUES | other)
