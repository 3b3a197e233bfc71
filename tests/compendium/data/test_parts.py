"""A store of parts: each whole or absent, of the same parameters, made by one run at a time."""

import errno
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest

from flarebook.compendium.data.parts import RECORD, PartStore
from flarebook.compendium.errors import InputError
from flarebook.compendium.provenance import sha256

PARAMETERS = {"window": 3.0, "widths": (1.0, 2.0)}


def table(name, rows=1000):
    values = np.random.default_rng(len(name)).random(rows)
    return pd.DataFrame({"observation": pd.Categorical([name] * rows), "intensity": values.astype(np.float32)})


@pytest.fixture
def store(tmp_path):
    store = PartStore(tmp_path / "parts", PARAMETERS)
    for name in ("PF-16", "AR-1"):
        store.write(name, table(name))
    return store


def test_only_what_is_missing_is_named_in_its_order(store):
    assert store.missing(["QS-2", "PF-16", "QS-1", "AR-1"]) == ["QS-2", "QS-1"] and store.names() == ["AR-1", "PF-16"]


def test_a_part_tells_its_parameters_its_inputs_and_the_code(store, tmp_path):
    raster = tmp_path / "raster.fits"
    raster.write_bytes(b"SIMPLE")
    store.write("QS-1", table("QS-1"), inputs=[raster], origin="real")
    record = PartStore(store.folder, PARAMETERS).check("QS-1")
    assert record["parameters"] == {"window": 3.0, "widths": [1.0, 2.0]} and record["origin"] == "real"
    assert record["inputs"] == {"raster.fits": sha256(raster)} and record["rows"] == 1000
    assert "pyarrow" in record["versions"] and "commit" in record


def test_parts_are_gathered_from_disk_in_the_order_asked_for(store):
    whole = store.dataset(names=["PF-16", "AR-1"]).to_table().to_pandas()
    assert whole["observation"].astype(str).unique().tolist() == ["PF-16", "AR-1"]
    np.testing.assert_array_equal(whole["intensity"][:1000], table("PF-16")["intensity"])
    assert store.dataset(columns=["intensity"]).schema.names == ["intensity"]
    assert store.dataset().count_rows() == 2000


def test_a_folder_with_parts_of_other_parameters_is_refused(store):
    with pytest.raises(InputError, match=r"parts was made with other parameters \(window 3.0 instead of 2.0\)"):
        PartStore(store.folder, {**PARAMETERS, "window": 2.0})


def test_looking_at_parts_that_are_not_there_writes_nothing_that_refuses_others(tmp_path):
    looked = PartStore(tmp_path / "none", PARAMETERS)
    assert looked.names() == [] and looked.missing(["QS-1"]) == ["QS-1"] and not looked.folder.exists()
    other = PartStore(tmp_path / "none", {**PARAMETERS, "window": 2.0})
    other.write("QS-1", table("QS-1"))
    with pytest.raises(InputError, match="made with other parameters"):
        looked.write("QS-2", table("QS-2"))
    assert other.names() == ["QS-1"]


def test_a_part_that_was_copied_from_a_run_with_other_parameters_is_refused(store, tmp_path):
    other = PartStore(tmp_path / "other", {**PARAMETERS, "window": 2.0})
    os.replace(other.write("QS-1", table("QS-1")), store.path("QS-1"))
    with pytest.raises(InputError, match="part QS-1 of .*window 2.0 instead of 3.0"):
        store.missing(["AR-1", "QS-1"])
    with pytest.raises(InputError, match="part QS-1 of .* choose another folder, or remove it"):
        store.dataset()


@pytest.mark.parametrize("damage", ["end", "middle", "empty", "other"])
def test_a_part_that_is_cut_anywhere_is_named_with_its_remedy(store, damage):
    path = store.path("AR-1")
    content = path.read_bytes()
    cut = {"end": content[:-20], "middle": content[:100] + content[200:], "empty": b"", "other": b"PAR1" * 20}
    path.write_bytes(cut[damage])
    with pytest.raises(InputError, match=r"part AR-1 of .* is cut .* remove .*AR-1.parquet and run again"):
        store.missing(["PF-16", "AR-1"])
    store.write("AR-1", table("AR-1"))
    assert store.dataset().count_rows() == 2000


def test_changed_bytes_inside_a_part_are_found_when_it_is_read(store):
    path = store.path("AR-1")
    content = bytearray(path.read_bytes())
    offset = pyarrow.parquet.read_metadata(path).row_group(0).column(1).data_page_offset
    content[offset + 300] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(OSError, match=r"(?i)crc"):
        store.dataset().to_table()
    with pytest.raises(InputError, match=r"(?i)part AR-1 of .* has changed .*crc.* remove .*AR-1.parquet and run"):
        store.read_through("AR-1")
    assert store.read_through("PF-16") == store.check("PF-16")


def test_a_missing_part_and_an_empty_store_say_what_to_run(store, tmp_path):
    with pytest.raises(InputError, match="part QS-1 of .* is missing: run `flarebook parts make`"):
        store.dataset(names=["AR-1", "QS-1"])
    with pytest.raises(InputError, match="holds no part"):
        PartStore(tmp_path / "new", PARAMETERS).dataset()
    with pytest.raises(InputError, match="cannot name a part"):
        store.path("../elsewhere")


def test_a_full_disk_leaves_the_earlier_part_and_no_rest(store, monkeypatch):
    def fill(table, path, **_):
        path.write_bytes(b"PAR1")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pyarrow.parquet, "write_table", fill)
    with pytest.raises(InputError, match="cannot write into .*No space left on device.*make room"):
        store.write("AR-1", table("AR-1", 5))
    assert store.check("AR-1")["rows"] == 1000
    assert not list(store.folder.glob(".partial*"))


CLAIM = """import sys, time
from flarebook.compendium.data.parts import PartStore
store = PartStore(sys.argv[1], {"window": 3.0, "widths": [1.0, 2.0]})
with store.claim("QS-1"):
    print("claimed", flush=True)
    time.sleep(60)"""


def test_two_runs_in_one_folder_do_not_make_the_same_part_and_a_killed_one_leaves_no_lock(store):
    other = subprocess.Popen([sys.executable, "-c", CLAIM, str(store.folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "claimed\n"
        with pytest.raises(InputError, match="another process is writing .*QS-1.parquet: wait"):
            store.write("QS-1", table("QS-1"))
        store.write("QS-2", table("QS-2"))
    finally:
        other.send_signal(signal.SIGKILL)
        other.wait()
    for _ in range(50):  # the system frees the lock of a killed process a moment later
        try:
            with store.claim("QS-1"):
                store.write("QS-1", table("QS-1"))
            break
        except InputError:
            time.sleep(0.1)
    assert store.names() == ["AR-1", "PF-16", "QS-1", "QS-2"] and not list(store.folder.glob(".partial*"))


def test_a_part_may_be_a_folder_of_arrays_that_is_whole_or_absent(tmp_path):
    store = PartStore(tmp_path / "months", PARAMETERS, suffix=".zarr")
    with store.write_folder("2014-03", days=31) as folder:
        (folder / "0.0").write_bytes(b"chunk")
    with pytest.raises(RuntimeError), store.write_folder("2014-04") as folder:
        (folder / "0.0").write_bytes(b"chu")
        raise RuntimeError("killed")
    assert store.missing(["2014-03", "2014-04"]) == ["2014-04"] and store.check("2014-03")["days"] == 31
    with store.write_folder("2014-03", days=30) as folder:  # made anew
        (folder / "0.0").write_bytes(b"other")
    assert (store.path("2014-03") / "0.0").read_bytes() == b"other" and store.check("2014-03")["days"] == 30
    (store.path("2014-03") / "0.0").write_bytes(b"")
    with pytest.raises(InputError, match="part 2014-03 of .* is cut"):
        store.check("2014-03")
    assert (store.path("2014-03") / RECORD).is_file()
