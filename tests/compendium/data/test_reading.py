"""Whatever a foreign file does to its reader is one sentence, before memory is taken for what it claims."""

import bz2
import gzip
import io
import lzma
import os
import zipfile

import numpy as np
import pytest
from astropy.io import fits

from flarebook.compendium.data import reading
from flarebook.compendium.errors import InputError


@pytest.mark.parametrize(
    "error", [KeyError("CDELT1"), fits.VerifyError("card"), RecursionError(), MemoryError(), OSError(5)]
)
def test_whatever_a_reader_raises_is_one_sentence_with_the_file(tmp_path, error):
    @reading.file_reader("a raster")
    def read(path):
        raise error

    path = tmp_path / "some.fits"
    path.write_bytes(b"x")
    with pytest.raises(InputError, match=r"some\.fits .*a raster") as caught:
        read(path)
    assert "\n" not in str(caught.value)


def test_its_own_sentence_stays_as_it_is(tmp_path):
    path = tmp_path / "some.fits"
    path.write_bytes(b"x")
    with pytest.raises(InputError, match="^exactly this$"), reading.reading(path, "a raster"):
        raise InputError("exactly this")


@pytest.mark.parametrize("make", [lambda p: None, lambda p: p.mkdir(), lambda p: (p.parent / "a").symlink_to(p)])
def test_a_path_that_cannot_be_opened_says_why(tmp_path, make):
    make(tmp_path / "a.fits")
    with pytest.raises(InputError, match=r"a\.fits cannot be opened \(.+\): give a raster"):
        reading.file_reader("a raster")(lambda path: 1)(tmp_path / "a.fits")


def test_a_forbidden_file_and_a_name_with_nul(tmp_path):
    path = tmp_path / "a.fits"
    path.write_bytes(b"x")
    path.chmod(0)
    read = reading.file_reader("a raster")(lambda path: 1)
    if os.geteuid():  # the superuser may read everything
        with pytest.raises(InputError, match="Permission denied"):
            read(path)
    with pytest.raises(InputError, match="null byte"):
        read("a\0.fits")


def zipped(*contents):
    """A zip archive of files, bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content in enumerate(contents):
            archive.writestr(f"{number}.fits", content)
    return stream.getvalue()


def write(path, **cards):
    hdu = fits.PrimaryHDU(np.zeros((4, 4), np.float32))
    hdu.header.update(cards)
    hdu.writeto(path)
    return path


def test_claims_are_checked_before_the_array_is_read(tmp_path):
    path = write(tmp_path / "a.fits")
    path.write_bytes(path.read_bytes().replace(b"NAXIS1  =                    4", b"NAXIS1  =         999999999999"))
    with pytest.raises(InputError, match="claims 1.6e"), reading.open_fits(path):
        pass
    with reading.open_fits(write(tmp_path / "b.fits")) as hdus:
        assert hdus[0].data.shape == (4, 4)


def test_claim_of_a_compressed_image_is_the_images(tmp_path):
    fits.CompImageHDU(np.zeros((400, 400), np.int16)).writeto(tmp_path / "c.fits")
    with reading.open_fits(tmp_path / "c.fits", 400 * 400 * 2 + 10_000) as hdus:
        assert hdus[1].data.shape == (400, 400)
    with pytest.raises(InputError, match="claims 3.2e"), reading.open_fits(tmp_path / "c.fits", 300_000):
        pass


def test_gzip_is_unpacked_up_to_a_limit(tmp_path):
    plain = write(tmp_path / "a.fits").read_bytes()
    (tmp_path / "a.fits.gz").write_bytes(gzip.compress(plain))
    with reading.open_fits(tmp_path / "a.fits.gz") as hdus:
        assert hdus[0].data.shape == (4, 4)
    (tmp_path / "bomb.fits.gz").write_bytes(gzip.compress(bytes(1 << 24)))
    with pytest.raises(InputError, match="unpacks to more than"), reading.open_fits(tmp_path / "bomb.fits.gz", 1 << 22):
        pass


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zipped])
def test_however_a_file_is_packed_it_is_unpacked_up_to_a_limit(tmp_path, pack):
    plain = write(tmp_path / "a.fits").read_bytes()
    (tmp_path / "a.packed").write_bytes(pack(plain))
    for folder in (None, tmp_path):
        with reading.open_fits(tmp_path / "a.packed", folder=folder) as hdus:
            assert hdus[0].data.shape == (4, 4)
    (tmp_path / "bomb").write_bytes(pack(plain + bytes(1 << 24)))
    with pytest.raises(InputError, match="unpacks to more than"), reading.open_fits(tmp_path / "bomb", 1 << 22):
        pass


def test_a_zip_archive_of_several_files_is_not_guessed_at(tmp_path):
    (tmp_path / "a.zip").write_bytes(zipped(b"1", b"2"))
    with pytest.raises(InputError, match="a.zip is a zip archive of 2 files: unpack it first"):
        reading.unpacked(tmp_path / "a.zip")


@pytest.mark.parametrize("place", ["pipe", "/dev/zero"])
def test_what_has_no_end_is_refused_before_it_is_opened(tmp_path, place):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="is a pipe or a device, no file: save its content, and give a raster"):
        reading.file_reader("a raster")(lambda path: 1)(tmp_path / place)


@pytest.mark.parametrize("content, reason", [(b"<html>404", "begins with b'<html>404'"), (b"", "begins with b''")])
def test_another_file_says_how_it_begins(tmp_path, content, reason):
    (tmp_path / "a.fits").write_bytes(content)
    with pytest.raises(OSError, match=reason), reading.open_fits(tmp_path / "a.fits"):
        pass


def test_a_cut_file_says_how_much_is_there(tmp_path):
    path = write(tmp_path / "a.fits")
    path.write_bytes(path.read_bytes()[:4000])
    with pytest.raises(OSError, match="truncated, it has 4000 of 5760 bytes"), reading.open_fits(path):
        pass


def test_rows_keep_to_their_columns(tmp_path):
    path = tmp_path / "flares.csv"
    path.write_text("# a remark\nstart,class\n2014-01-01,M1.0\n", encoding="utf-8")
    assert reading.read_text_table(path, comment="#").iloc[0].to_dict() == {"start": "2014-01-01", "class": "M1.0"}
    path.write_text("start,class\n2014-01-01,M1.0,\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"row 1 of flares\.csv .* 3 fields where the first line has 2"):
        reading.read_text_table(path)
    path.write_text("start,start\n", encoding="utf-8")
    with pytest.raises(InputError, match="2 columns of 1 names"):
        reading.read_text_table(path)
    path.write_text(",".join(map(str, range(8000))) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="8000 columns"):
        reading.read_text_table(path)
    path.write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="empty"):
        reading.read_text_table(path)


def test_a_packed_table_whose_rows_begin_with_their_unnamed_number_keeps_its_columns(tmp_path):
    path = tmp_path / "flares.csv.gz"
    path.write_bytes(gzip.compress(b"start,class\n0,2014-01-01,M1.0\n1,2014-01-02,C2.0\n"))
    assert reading.read_text_table(path)["class"].tolist() == ["M1.0", "C2.0"]
    path.write_bytes(gzip.compress(b"start,class\n0,2014-01-01,M1.0\n"))  # one row alone counts nothing
    with pytest.raises(InputError, match="has 3 fields where the first line has 2"):
        reading.read_text_table(path)
    path.write_bytes(gzip.compress(b"start,class\n0,2014-01-01,M1.0\n7,2014-01-02,C2.0\n"))
    with pytest.raises(InputError, match="has 3 fields where the first line has 2"):
        reading.read_text_table(path)


def test_files_below_a_folder_and_what_cannot_be_listed(tmp_path, monkeypatch):
    for name in ("b.fits", "a/c.fits.gz", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = reading.files_below(tmp_path, (".fits", ".fits.gz"))
    assert [path.name for path in found] == ["c.fits.gz", "b.fits"]
    with pytest.raises(InputError, match="No such file"):
        reading.files_below(tmp_path / "none", ".fits")

    def refuse(folder):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(os, "scandir", refuse)  # root may look everywhere
    with pytest.raises(InputError, match=r"cannot be opened \(Permission denied\): give a folder"):
        reading.files_below(tmp_path, ".fits")
