"""Where a run's Sun comes from: the simulation, or a folder of real days; the same arrays and tables either way.

A folder of SDOML's two stores (see `sdoml.stores_in`), or their address on S3, is one of real days: a date a day is
taken, from the start on.
"""

import pandas as pd

from flarebook.compendium.errors import InputError

SOURCES = ("simulated", "real")


def load_sun(source, folder, flare_list, n_days, seed, size, start, processes, path=None):
    """Images, days, regions and flares from a source: SimulatedSun or RealDays, and sentences about what was left out.

    folder: of real days (see `real_days`); flare_list: GOES record or flare list, "" for those in the folder; path: see
    `simulate.simulate`.
    Raises InputError for an unknown source, or for real days without a folder.
    """
    if source == "simulated":
        from flarebook.solarchip.simulate import simulate

        return simulate(n_days, seed, size, start=start, n_jobs=processes, path=path), []
    if source != "real" or not folder:
        raise InputError(
            f"source {source!r} with folder {folder!r}: choose one of {SOURCES}, and a folder for real days"
        )
    from flarebook.solarchip.real_days import real_days, sdoml_days
    from flarebook.solarchip.sdoml import stores_in

    flares = [flare_list] if flare_list else None
    if stores := stores_in(folder):
        sun = sdoml_days(pd.date_range(start, periods=n_days), flares or (), *stores, size=size)
    else:
        sun = real_days(folder, flares, size)
    return sun, sun.left_out


def facts(image):
    """What a table tells of a real image.  image: SunImage.  Returns {quantity: text}."""
    rows, columns = image.data.shape
    return {
        "time [UTC]": f"{image.time:%Y-%m-%d %H:%M:%S}",
        "pixels": f"{columns} × {rows}",
        "pixel [arcsec]": f"{image.pixel:.2f}",
        "solar radius [arcsec]": f"{image.solar_radius:.1f}",
        "roll [degrees]": f"{image.roll:.2f}",
        "exposure [s]": f"{image.exposure:.2f}" if image.channel != "continuum" else "as DN/s",
    }
