"""Damage the files of every reader at random: a result or one sentence has to come, in five seconds and a gibibyte.

`python -m tests.commands.fuzz READER --number 2000 --seed 7` runs longer than the test and keeps what failed.
"""

import argparse
import gzip
import resource
import shutil
import signal
import sys
import tempfile
import traceback
import warnings
from importlib.resources import files
from pathlib import Path

import numpy as np
from astropy.io import fits

from flarebook.compendium.errors import InputError

SECONDS, BYTES = 5.0, 1 << 30
CARD, BLOCK = 80, 2880
ODD = ["'abc'", "''", "", "NaN", "-1", "0", "1E300", "-1E300", "1E-300", "T", "999999999999", "2147483648", "'\x1b[2J'"]
ODD += ["'2161-13-45T99:99:99'", "'-4712-01-01T11:58:55'", "'1970-01-01'", "'TAI'", "'km/s'", "'CRLN-CAR'", "1.5", "16"]
FIELDS = ["", "abc", "nan", "-1", "1e300", "0", "X99999", "2161-01-01T00:00", "1", "////", "\x00", '"', "C1.0", "24:61"]
FLARES = "start,peak,end,class\n" + "".join(
    f"2014-03-{day:02d}T10:00:00,2014-03-{day:02d}T10:12:00,2014-03-{day:02d}T10:30:00,M{day / 4:.1f}\n"
    for day in range(4, 30)
)


class TooSlowError(BaseException):
    """An input took longer than SECONDS; no reader's boundary may take it for a fault of the file."""


def fits_mutation(content, rng):
    """One damage of a FITS file, bytes to bytes: a card's value, a lost card, flipped, lost or repeated bytes."""
    kind, data = rng.choice(["value", "value", "value", "card", "flip", "header", "cut", "block"]), bytearray(content)
    cards = [i for i in range(0, len(data), CARD) if data[i + 8 : i + 10] == b"= " and data[i : i + 8].isascii()]
    at = int(rng.choice(cards[:400]))
    if kind == "value":
        data[at + 10 : at + CARD] = str(rng.choice(ODD)).rjust(20).ljust(CARD - 10).encode("latin-1")
    elif kind == "card":
        data[at : at + CARD] = b" " * CARD
    elif kind == "cut":
        del data[int(rng.integers(len(data))) :]
    elif kind == "block":
        start = int(rng.integers(len(data) // BLOCK)) * BLOCK
        data[start : start + BLOCK] = b"" if rng.random() < 0.5 else data[start : start + BLOCK] * 2
    else:
        end = len(data) if kind == "flip" else min(len(data), cards[-1] + CARD)
        for place in rng.integers(end, size=rng.integers(1, 9)):
            data[place] = rng.integers(256)
    return bytes(data)


def text_mutation(content, rng):
    """One damage of a table of text, bytes to bytes: an odd field, a lost or added separator, flipped or lost bytes."""
    lines = content.decode().splitlines()
    line, kind = int(rng.integers(len(lines))), rng.choice(["field", "field", "add", "lose", "flip", "cut", "wide"])
    separator = "," if "," in lines[line] else " "
    fields = lines[line].split(separator)
    if kind == "field":
        fields[rng.integers(len(fields))] = str(rng.choice(FIELDS))
    elif kind == "add":
        fields.insert(int(rng.integers(len(fields) + 1)), str(rng.choice(FIELDS)))
    elif kind == "lose":
        del fields[rng.integers(len(fields))]
    elif kind == "wide":
        fields *= int(rng.integers(2, 3000))
    lines[line] = separator.join(fields)
    data = bytearray("\n".join(lines).encode())
    if kind == "flip":
        data[rng.integers(len(data))] = rng.integers(256)
    return bytes(data[: rng.integers(len(data))] if kind == "cut" else data)


def packed_mutation(content, rng):
    """One damage of a gzip file: of what it holds, or of the packed bytes, bytes to bytes."""
    if rng.random() < 0.7:
        return gzip.compress(fits_mutation(gzip.decompress(content), rng), 1)
    data = bytearray(content)
    data[rng.integers(len(data))] = rng.integers(256)
    return bytes(data[: rng.integers(len(data))] if rng.random() < 0.3 else data)


def read_sun(path):
    """Prepare an image of AIA or HMI; the grid's values are those of an instrument."""
    from flarebook.solarchip import prepare_image, read_image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        grid = prepare_image(read_image(path), 64)
    assert grid.shape == (64, 64) and np.isfinite(grid).all() and np.abs(grid).max() < 1e5


def read_spectra(path):
    """Read a raster and measure its features, which are finite where a spectrum counts as measured."""
    from flarebook.iris import extract_features, read_raster

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raster = read_raster(path)
        spectra, exposures = raster.flat()
        features, good = extract_features(spectra, raster.wavelength, exposures)
    assert np.isfinite(features[good]).all()


def read_flare_map(path):
    """Read a STIX map; its values and its place are finite."""
    from flarebook.stix import read_map

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = read_map(path)
    assert np.isfinite(read.centre).all() and 0 < np.nanmax(read.data) < 1e9


def read_labels(path):
    """Label days from a GOES record or a flare list; no span is longer than the GOES programme's."""
    from flarebook.goes import label_days

    _, table, _ = label_days([path])
    assert len(table) < 60 * 366


def sun_file(folder):
    """The shipped AIA image."""
    return _shipped("solarchip", "aia_171_20110215.fits", folder)


def field_file(folder):
    """A magnetogram of noise on the disk, with the header of an HMI image."""
    path = _shipped("solarchip", "hmi_continuum_20140301.fits", folder)
    data, header = fits.getdata(path, header=True)
    rows, columns = np.indices(data.shape)
    distance = np.hypot(columns - header["CRPIX1"] + 1, rows - header["CRPIX2"] + 1) * header["CDELT1"]
    field = np.random.default_rng(1).normal(0, 60, data.shape).astype(np.float32)
    header.update(CONTENT="MAGNETOGRAM", BUNIT="Gauss")
    header.remove("DRMS_ID", ignore_missing=True)
    fits.writeto(path, np.where(distance < header["RSUN_OBS"], field, np.nan), header, overwrite=True)
    return path


def raster_file(folder):
    """The shipped coarse raster of IRIS."""
    return _shipped("iris", "iris_20140329_mg2_coarse.fits", folder)


def map_file(folder):
    """A simulated CLEAN map in the archive's form."""
    from flarebook.stix.simulation.records import simulate_files

    return simulate_files(1, folder, 1)[0]


def record_file(folder):
    """The shipped day of GOES-15."""
    return _shipped("solarchip", "goes15_20110607.fits.gz", folder)


def list_file(folder):
    """A list of flares as CSV."""
    path = folder / "flares.csv"
    path.write_text(FLARES, encoding="utf-8")
    return path


READERS = {  # name: (file, damage, reader)
    "aia": (sun_file, fits_mutation, read_sun),
    "hmi": (field_file, fits_mutation, read_sun),
    "iris": (raster_file, fits_mutation, read_spectra),
    "stix": (map_file, fits_mutation, read_flare_map),
    "goes": (record_file, packed_mutation, read_labels),
    "flare-list": (list_file, text_mutation, read_labels),
}


def _shipped(study, name, folder):
    """Copy of a study's shipped file in a folder."""
    return Path(shutil.copy(files(f"flarebook.{study}") / "data" / name, folder))


def _stop(*_):
    raise TooSlowError


def run(reader, number, seed, folder):
    """Damage a reader's file `number` times: (results, sentences, {path of a kept file: what came instead})."""
    make, damage, read = READERS[reader]
    source = make(folder)
    read(source)  # imports, and the whole file
    content, name = source.read_bytes(), source.name
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + BYTES, resource.RLIM_INFINITY))
    signal.signal(signal.SIGALRM, _stop)
    results, sentences, failures = 0, 0, {}
    for turn in range(number):
        path = folder / str(turn) / name
        path.parent.mkdir()
        path.write_bytes(damage(content, np.random.default_rng([seed, turn])))
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        try:
            read(path)
            results += 1
        except InputError as error:
            sentences += 1
            if "needs more memory" in str(error):
                failures[path] = str(error)
        except BaseException as error:
            failures[path] = "".join(traceback.format_exception(error)[-3:])
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if path not in failures:
            shutil.rmtree(path.parent)
    return results, sentences, failures


def main():
    """Print how many inputs gave a result, a sentence or something else; exit 1 for the last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reader", choices=READERS)
    parser.add_argument("--number", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    results, sentences, failures = run(chosen.reader, chosen.number, chosen.seed, folder)
    for path, reason in failures.items():
        print(f"{path}:\n{reason}")
    print(f"{chosen.reader}: {results} results, {sentences} sentences, {len(failures)} failures of {chosen.number}")
    if not failures:
        shutil.rmtree(folder)
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
