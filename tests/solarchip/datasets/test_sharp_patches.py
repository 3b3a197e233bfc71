"""On pixels of 1.5 Mm the inversion-line flux is HMI's R; on 12 Mm it is not."""

import numpy as np
import pytest
from astropy.io import fits

from flarebook.compendium.data.download import in_mirror
from flarebook.compendium.data.manifest import dataset
from flarebook.compendium.errors import InputError
from flarebook.solarchip.datasets.sharp_patches import (
    COARSE,
    FINE,
    PATCHES,
    RADIUS,
    flux_at_scale,
    load_r_values,
    r_value_table,
    read_sharp_patch,
)

HMI = {115: 3.252, 856: 4.598, 4781: 4.830}
TOLERANCE = 0.15  # dex: HMI blurs by a Gaussian where we average over blocks


def write_patch(path, field, changes=()):
    """SHARP patch of a field (h, w) with HMI's keywords."""
    header = {"CTYPE1": "CRLN-CEA", "CTYPE2": "CRLT-CEA", "CUNIT1": "degree", "CUNIT2": "degree", "CDELT1": 0.03}
    header |= {"HARPNUM": 1, "T_REC": "2014.01.01_00:00:00_TAI", "R_VALUE": 4.0} | dict(changes)
    hdu = fits.ImageHDU(np.asarray(field, np.float32), fits.Header({k: v for k, v in header.items() if v is not None}))
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
    return path


def two_spots(distance, size=400):
    """Two spots of opposite sign on either side of the middle, G; distance: pixels of .03 degrees."""
    rows, columns = np.mgrid[:size, :size] - size // 2
    spots = [np.exp(-((columns - s * distance) ** 2 + rows**2) / (2 * 30**2)) for s in (-1, 1)]
    return 1500 * (spots[0] - spots[1])


def test_the_shipped_table_is_that_of_the_headers(monkeypatch):
    monkeypatch.delenv("FLAREBOOK_MIRROR", raising=False)
    table, recomputed = load_r_values()
    assert not recomputed and dict(zip(table["harp"], table["hmi"], strict=True)) == HMI
    assert (table["fine"] - table["hmi"]).abs().max() < TOLERANCE
    assert table["coarse"].tolist()[0] == 0 and ((table["coarse"] - table["hmi"])[1:] > 0.3).all()


def test_the_patches_give_the_shipped_table(monkeypatch):
    if not all(in_mirror(file.name) for file in dataset(PATCHES).files):
        pytest.skip("needs the three SHARP patches in FLAREBOOK_MIRROR")
    found, recomputed = load_r_values()
    monkeypatch.delenv("FLAREBOOK_MIRROR")
    shipped, _ = load_r_values()
    assert recomputed
    for name in ("hmi", "fine", "coarse"):
        assert found[name].to_numpy() == pytest.approx(shipped[name].to_numpy(), abs=1e-3)


def test_a_patch_tells_its_scale_and_its_own_r(tmp_path):
    field, facts = read_sharp_patch(write_patch(tmp_path / "p.fits", two_spots(30)))
    assert facts["r_value"] == 4.0 and facts["pixel"] == pytest.approx(np.deg2rad(0.03) * RADIUS)
    assert facts["pixel"] * FINE == pytest.approx(1.46e8, rel=0.01)
    assert facts["pixel"] * COARSE == pytest.approx(1.2e9, rel=0.01)


def test_a_coarse_pixel_sees_inversion_lines_where_a_fine_one_sees_two_spots_apart():
    pixel = np.deg2rad(0.03) * RADIUS
    assert flux_at_scale(two_spots(30), pixel, FINE) > 3  # spots that touch
    assert flux_at_scale(two_spots(75), pixel, FINE) == 0  # edges 0.7 degrees apart
    assert flux_at_scale(two_spots(75), pixel, COARSE) > 3


def test_finer_pixels_of_the_same_field_give_the_same_flux():
    pixel = np.deg2rad(0.03) * RADIUS
    finer = np.kron(two_spots(30), np.ones((2, 2)))
    assert flux_at_scale(finer, pixel / 2, 2 * FINE) == pytest.approx(flux_at_scale(two_spots(30), pixel, FINE))


def test_blocks_lie_on_the_field_not_across_it():
    field = np.zeros((2 * FINE, 60 * FINE))
    field[:, : 30 * FINE], field[:, 30 * FINE :] = 400.0, -400.0
    pixel = np.deg2rad(0.03) * RADIUS
    assert flux_at_scale(field, pixel, FINE) == pytest.approx(flux_at_scale(field.T, pixel, FINE))


def test_the_table_keeps_the_two_scales_apart(tmp_path):
    paths = [write_patch(tmp_path / f"{n}.fits", two_spots(n), {"HARPNUM": n, "R_VALUE": 3.0 + n}) for n in (75, 30)]
    table = r_value_table(paths)
    assert table["harp"].tolist() == [75, 30] and table["hmi"].tolist() == [78, 33]
    assert table["fine"].tolist()[0] == 0 and table["coarse"].tolist()[0] > 3 and table["fine"].tolist()[1] > 3


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"R_VALUE": None}, "no value of R_VALUE"), ({"CTYPE1": "HPLN-TAN"}, "no map in equal-area projection")],
)
def test_a_file_that_is_no_sharp_patch_is_refused(tmp_path, changes, told):
    with pytest.raises(InputError, match=told):
        read_sharp_patch(write_patch(tmp_path / "p.fits", two_spots(30), changes))
