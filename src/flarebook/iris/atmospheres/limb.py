"""Centre-to-limb variation of Mg II: the intensity at an angle, as a share of that at disk centre."""

import functools
from importlib.resources import files

import numpy as np

from flarebook.compendium.errors import InputError

LIMB_TABLE = files("flarebook.iris") / "data" / "mg2_limb.npz"
COMPONENTS = ("quiet", "network", "active", "preflare")  # atmospheres whose variation is computed


@functools.cache
def load_limb_table(path=LIMB_TABLE):
    """Load the table that ships with the package; scripts/iris/synthesise_limb.py computed it.

    Returns mu (n_mu,), ascending to 1, and ratio (4, n_mu, n_wavelengths) in the order of `COMPONENTS`.
    Raises InputError when the file is missing or not such a table.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return file["mu"], file["ratio"]
    except (OSError, KeyError, ValueError, EOFError) as error:
        raise InputError(f"{path} is no table of centre-to-limb variation ({error}); reinstall the package.") from error


def limb_ratio(mu):
    """Intensity at an angle over that at disk centre, for each component.

    Parameters
    ----------
    mu : float
        Cosine of the heliocentric angle, from the table's smallest (.2) to 1.

    Returns
    -------
    ndarray, shape (4, n_wavelengths)
        In the order of `COMPONENTS`, at the library's wavelengths; linear interpolation in mu.

    Raises
    ------
    InputError
        When mu is not within the table: nearer to the limb, or off the disk.
    """
    angles, ratio = load_limb_table()
    if not angles[0] <= mu <= 1:
        raise InputError(
            f"the centre-to-limb variation is known for mu from {angles[0]:.1f} to 1 (got {mu:.2f}): leave out "
            "observations nearer to the limb or off the disk"
        )
    upper = min(int(np.searchsorted(angles, mu)), len(angles) - 1) or 1
    share = (mu - angles[upper - 1]) / (angles[upper] - angles[upper - 1])
    return (1 - share) * ratio[:, upper - 1] + share * ratio[:, upper]


def limb_darkening(mu, core, network, raised):
    """Factor on the spectra of pixels that mix the components, (n, n_wavelengths).

    mu: of the observation; core, network, raised: (n,) shares of active core, network, and of the pre-flare state or a
    brightening; those above 1 count as 1.  Of mixed pixels the mean of the components' ratios, weighted by area, is
    taken, and neither macroturbulence nor bulk motion widens or moves it: an approximation.
    """
    raised = np.clip(raised, 0, 1)
    shares = [(1 - core) * (1 - network), (1 - core) * network, core * (1 - raised), core * raised]
    return (np.stack(shares, axis=1) @ limb_ratio(mu)).astype(np.float32)
