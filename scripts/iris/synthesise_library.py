"""Synthesise the Mg II h and k profiles of perturbed FAL-C atmospheres, in NLTE with PRD, and pack the library.

Needs the extra `radiative-transfer`.  Run `python scripts/iris/synthesise_library.py FOLDER`: it writes one file per
atmosphere and continues an interrupted run.  `python scripts/iris/synthesise_library.py FOLDER pack` then packs the
folder into the profile library that ships with the package.
"""

import functools
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.stats import qmc

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError
from flarebook.iris.atmospheres.library import LIBRARY, WAVELENGTH

RESOLUTION = 0.053  # Angstrom, full width at half maximum of the spectrograph

PARAMETERS = {  # name: (low, high, unit and meaning)
    "transition_region_shift": (-0.2, 1.2, "dex in column mass; plage and pre-flare chromospheres are denser"),
    "chromosphere_heating": (-800.0, 2000.0, "K, Gaussian of .6 dex"),
    "chromosphere_log_mass": (-4.0, -2.6, "log10 of kg m-2, centre of the chromospheric heating"),
    "low_heating": (-300.0, 4000.0, "K, Gaussian of .45 dex; raises the triplet towards emission"),
    "low_log_mass": (-2.6, -1.4, "log10 of kg m-2, centre of the low heating"),
    "velocity": (-10e3, 10e3, "m/s along the line of sight, positive upward, Gaussian of .5 dex"),
    "velocity_depth": (0.0, 0.9, "dex below the transition region"),
    "microturbulence": (0.8, 2.0, "factor on the chromospheric microturbulence"),
    "photosphere": (-1100.0, 150.0, "K; 22 % of the atmospheres are spot-like, below -300 K"),
}
FINE_WAVELENGTH = np.linspace(2792.8, 2806.8, 1401)  # Angstrom, vacuum
TRANSITION_REGION_LOG_MASS = -3.93  # of FAL-C


def design_atmospheres(n, seed=20140329):
    """Sobol design over `PARAMETERS`, atmosphere 0 being unperturbed FAL-C; any prefix is balanced.

    Returns (n, 9) in the order and units of `PARAMETERS`.
    """
    low, high = (np.array([limits[i] for limits in PARAMETERS.values()]) for i in (0, 1))
    unit = qmc.Sobol(len(PARAMETERS), seed=seed).random(1 << max(0, int(np.ceil(np.log2(n)))))[:n]
    design = low + unit * (high - low)
    spot = unit[:, -1] / 0.22
    design[:, -1] = np.where(spot < 1, -1100 + 800 * spot, -150 + 300 * (unit[:, -1] - 0.22) / 0.78)
    design[0] = [0, 0, -3.5, 0, -2, 0, 0, 1, 0]
    return design


def gaussian(x, centre, width):
    """Unnormalised Gaussian."""
    return np.exp(-0.5 * ((x - centre) / width) ** 2)


def above(log_mass, level, width):
    """Smooth step: 1 well above `level` (smaller column mass), 0 well below."""
    return 1 / (1 + np.exp((log_mass - level) / width))


@functools.cache
def radiative_set():
    """Lightweaver's radiative set with Mg active, and its wavelength grid."""
    import lightweaver
    from lightweaver import rh_atoms

    names = "H_6 C O Si Al CaII Fe He_9 MgII N Na S".split()
    atoms = lightweaver.RadiativeSet([getattr(rh_atoms, f"{name}_atom")() for name in names])
    atoms.set_active("Mg")
    return atoms, atoms.compute_wavelength_grid()


def perturbed_atmosphere(parameters):
    """FAL-C with its chromosphere moved, heated and set in motion; pressure stays g m, ionisation that of FAL-C.

    parameters: (9,) as in `PARAMETERS`.  Returns a lightweaver Atmosphere.
    """
    import lightweaver
    from lightweaver.fal import Falc82

    shift, heating, heating_at, low, low_at, speed, depth, turbulence, photosphere = parameters
    falc = Falc82()
    moved = shift * above(np.log10(falc.cmass), -1.8, 0.3)
    mass = np.log10(falc.cmass) + moved
    bumps = heating * gaussian(mass, heating_at, 0.6) + low * gaussian(mass, low_at, 0.45)
    cooling = photosphere * (1 - above(mass, -0.6, 0.3))
    temperature = np.maximum(falc.temperature + bumps * (falc.temperature < 2e4) + cooling, 3000.0)
    density = 10**moved * falc.temperature / temperature
    atmosphere = lightweaver.Atmosphere.make_1d(
        scale=lightweaver.ScaleType.ColumnMass,
        depthScale=10**mass,
        temperature=temperature,
        vlos=speed * gaussian(mass, TRANSITION_REGION_LOG_MASS + shift + depth, 0.5),
        vturb=falc.vturb * (1 + (turbulence - 1) * above(mass, -2, 0.5)),
        ne=falc.ne * density,
        nHTot=falc.nHTot * density,
    )
    atmosphere.quadrature(5)
    return atmosphere


def synthesise(parameters, threads=1):
    """Emergent intensity at disk centre of one atmosphere, about 10 s on one core.

    parameters: (9,) as in `PARAMETERS`.  Returns (1401,) in W m-2 Hz-1 sr-1 on `FINE_WAVELENGTH`.
    Raises lightweaver's own error when the populations do not converge.
    """
    import lightweaver

    atoms, wavelengths = radiative_set()
    atmosphere = perturbed_atmosphere(parameters)
    context = lightweaver.Context(
        atmosphere, wavelengths, atoms.compute_eq_pops(atmosphere), Nthreads=threads, conserveCharge=False
    )
    lightweaver.iterate_ctx_se(context, prd=True, quiet=True, NmaxIter=600)
    return np.squeeze(context.compute_rays(FINE_WAVELENGTH / 10, [1.0], stokes=False))


def synthesise_design(folder, n=512, part=0, parts=1):
    """Synthesise each `parts`-th atmosphere that `folder` does not hold yet; failures are skipped and named."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for index, parameters in list(enumerate(design_atmospheres(n)))[part::parts]:
        path = folder / f"{index:04d}.npy"
        if path.exists():
            continue
        try:
            partial = path.with_suffix(".part.npy")
            np.save(partial, synthesise(parameters))
            partial.rename(path)
            print(f"{path.name} done", flush=True)
        except Exception as error:  # one atmosphere that does not converge must not end a night's work
            print(f"{path.name} skipped: {error}", flush=True)


def instrument_sampling(intensity, fine_wavelength):
    """Profiles as the spectrograph resolves and samples them.

    intensity: (..., n_fine) on an even grid `fine_wavelength` (Angstrom).  Returns (..., 535) float32 on `WAVELENGTH`.
    """
    sigma = RESOLUTION / 2.3548 / (fine_wavelength[1] - fine_wavelength[0])
    smooth = gaussian_filter1d(np.asarray(intensity, float), sigma, axis=-1, mode="nearest")
    sampled = np.apply_along_axis(lambda profile: np.interp(WAVELENGTH, fine_wavelength, profile), -1, smooth)
    return sampled.astype(np.float32)


def pack_library(folder, path=LIBRARY):
    """Pack a folder of synthesised atmospheres into the library file that ships with the package.

    folder: files `NNNN.npy`, NNNN being the row of `design_atmospheres`.  Returns the number of profiles.
    Raises InputError when the folder holds none.
    """
    files = sorted(Path(folder).glob("[0-9][0-9][0-9][0-9].npy"))
    if not files:
        raise InputError(f"{folder} holds no NNNN.npy file; run scripts/iris/synthesise_library.py {folder} first.")
    index = np.array([int(file.stem) for file in files])
    design = design_atmospheres(512)[index]
    arrays = {
        "profiles": instrument_sampling(np.stack([np.load(file) for file in files]), FINE_WAVELENGTH),
        "wavelength": WAVELENGTH,
        "parameters": design,
        "index": index,
        "names": np.array(list(PARAMETERS)),
        "units": np.array([text for *_, text in PARAMETERS.values()]),
        "intensity_unit": np.array("W m-2 Hz-1 sr-1"),
    }
    with atomic_write(path) as partial, open(partial, "wb") as file:
        np.savez_compressed(file, **arrays)
    return len(files)


if __name__ == "__main__":
    import sys

    if sys.argv[2:] == ["pack"]:
        print(f"{pack_library(sys.argv[1])} profiles in {LIBRARY}")
    else:
        synthesise_design(sys.argv[1], *(int(argument) for argument in sys.argv[2:]))
