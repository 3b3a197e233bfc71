"""Centre-to-limb variation: one at disk centre, darker towards the limb, refused where it is not known."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.iris.atmospheres import limb
from flarebook.iris.atmospheres.library import WAVELENGTH, load_library, make_mixer, nearest_atmospheres
from flarebook.iris.observations import find_observation
from flarebook.iris.simulation.observation import (
    STATES,
    load_calibration,
    noiseless_spectra,
    start_simulation,
    target_atmospheres,
)

CONTINUUM = np.abs(WAVELENGTH - 2800.0) < 0.3
CORE = np.abs(WAVELENGTH - 2796.35) < 0.03  # k3, vacuum


def test_nothing_changes_at_disk_centre():
    assert limb.limb_ratio(1.0) == pytest.approx(1.0)


def test_continuum_and_line_centre_of_the_quiet_sun_darken_towards_the_limb():
    quiet = np.array([limb.limb_ratio(mu)[limb.COMPONENTS.index("quiet")] for mu in (1.0, 0.8, 0.5, 0.2)])
    for part in (CONTINUUM, CORE):
        assert (np.diff(quiet[:, part].mean(axis=1)) < 0).all()
    assert quiet[-1, CONTINUUM].mean() == pytest.approx(0.55, abs=0.05)


def test_angles_between_those_of_the_table_are_interpolated():
    between = limb.limb_ratio(0.7)
    assert between == pytest.approx((limb.limb_ratio(0.6) + limb.limb_ratio(0.8)) / 2, abs=1e-6)


@pytest.mark.parametrize("mu", [0.1, 1.2, np.nan])
def test_an_angle_outside_the_table_is_refused(mu):
    with pytest.raises(InputError, match="known for mu from 0.2 to 1 .got"):
        limb.limb_ratio(mu)


def test_a_table_of_something_else_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", flux=np.ones(3))
    with pytest.raises(InputError, match="no table of centre-to-limb variation"):
        limb.load_limb_table(tmp_path / "other.npz")


def test_a_pixel_is_the_mean_of_its_components():
    factor = limb.limb_darkening(0.4, *np.array([[0, 1, 1, 0.5], [0, 0, 0, 0], [0, 0, 3, 0]], float))
    quiet, _, active, preflare = limb.limb_ratio(0.4)
    assert factor[:3] == pytest.approx(np.stack([quiet, active, preflare]), abs=1e-6)
    assert factor[3] == pytest.approx((quiet + active) / 2, abs=1e-6)


def test_the_table_is_of_the_atmospheres_of_the_calibrations_typical_pixels():
    mixer = make_mixer(load_library(), load_calibration())
    with np.load(limb.LIMB_TABLE) as file:
        rows, names = file["rows"], file["names"].tolist()
    assert names == list(limb.COMPONENTS)
    for row, name in zip(rows, names, strict=True):
        state = {other: np.full(1, float(other == name)) for other in STATES} | {"textures": np.zeros((1, 9))}
        target = target_atmospheres(
            "quiet" if name in ("quiet", "network") else "active", state, mixer.calibration, 0.0
        )
        assert nearest_atmospheres(mixer, target, 2)[0][0, 0] == row


def spectra(name, limb_on):
    calibration = load_calibration() | {"limb": limb_on}
    mixer, place = make_mixer(load_library(), calibration), np.linspace(0, 100, 30)
    simulation = start_simulation(find_observation(name), mixer, np.random.default_rng(0))
    return noiseless_spectra(simulation, np.full(30, -10.0), np.zeros(30), place)[0]


def test_simulated_spectra_darken_at_the_limb_only_where_asked():
    dark, plain = spectra("PF 5", True), spectra("PF 5", False)
    mu_ratio = dark[:, CONTINUUM].mean() / plain[:, CONTINUUM].mean()
    assert 0.5 < mu_ratio < 1
    assert load_calibration()["limb"] is False


def test_an_observation_off_the_disk_has_no_limb_variation():
    with pytest.raises(InputError, match="off the disk"):
        spectra("AR 4", True)
