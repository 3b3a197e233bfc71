"""Synthesise Mg II h and k from disk centre to limb for four library atmospheres, and pack their variation.

Needs the extra `radiative-transfer`.  `python scripts/iris/synthesise_limb.py` takes about a minute and writes the
table that `flarebook.iris.atmospheres.limb` reads.  The atmospheres are the library's nearest to the simulator's
typical pixels; the intensity at disk centre is compared with the library's, which must come out the same.
"""

import lightweaver
import numpy as np
from synthesise_library import FINE_WAVELENGTH, instrument_sampling, perturbed_atmosphere, radiative_set

from flarebook.compendium.atomic_files import atomic_write
from flarebook.iris.atmospheres.library import WAVELENGTH, load_library, make_mixer, nearest_atmospheres
from flarebook.iris.atmospheres.limb import COMPONENTS, LIMB_TABLE
from flarebook.iris.simulation.observation import STATES, load_calibration, target_atmospheres

MU = (0.2, 0.4, 0.6, 0.8, 1.0)  # cosine of the heliocentric angle
STATE = {"network": "network", "preflare": "preflare"}  # of the components; the others have none


def typical_atmosphere(component, mixer):
    """Row of the library nearest to a typical pixel of one component, its state fully on."""
    kind = "quiet" if component in ("quiet", "network") else "active"
    raised = STATE.get(component)
    state = {other: np.full(1, float(other == raised)) for other in STATES} | {"textures": np.zeros((1, 9))}
    return nearest_atmospheres(mixer, target_atmospheres(kind, state, mixer.calibration, 0.0), 2)[0][0, 0]


def synthesise_angles(parameters):
    """Emergent intensity of one atmosphere at the angles `MU`, (5, 535), as the spectrograph resolves it."""
    atoms, wavelengths = radiative_set()
    atmosphere = perturbed_atmosphere(parameters)
    populations = atoms.compute_eq_pops(atmosphere)
    context = lightweaver.Context(atmosphere, wavelengths, populations, Nthreads=1, conserveCharge=False)
    lightweaver.iterate_ctx_se(context, prd=True, quiet=True, NmaxIter=600)
    fine = np.asarray(context.compute_rays(FINE_WAVELENGTH / 10, list(MU), stokes=False))
    return instrument_sampling(fine.T, FINE_WAVELENGTH)


def pack_limb(spectra, rows, path=LIMB_TABLE):
    """Write the ratios to disk centre; spectra: (4, 5, 535), rows: (4,) of the library's design."""
    ratio = (spectra / spectra[:, -1:]).astype(np.float32)
    arrays = {"mu": np.array(MU), "ratio": ratio, "wavelength": WAVELENGTH, "rows": rows, "names": np.array(COMPONENTS)}
    with atomic_write(path) as partial, open(partial, "wb") as file:
        np.savez_compressed(file, **arrays)


if __name__ == "__main__":
    library = load_library()
    mixer = make_mixer(library, load_calibration())
    rows = np.array([typical_atmosphere(name, mixer) for name in COMPONENTS])
    spectra = np.stack([synthesise_angles(library.parameters.iloc[row].to_numpy(float)) for row in rows])
    print("largest difference to the library:", np.abs(spectra[:, -1] / library.profiles[rows] - 1).max())
    pack_limb(spectra, rows)
