"""The real images and X-ray fluxes that ship inside the package."""

from pathlib import Path

from flarebook.compendium.errors import InputError
from flarebook.solarchip.read import read_image
from flarebook.solarchip.xrs import read_xrs

FOLDER = Path(__file__).with_name("data")
AIA_171, CONTINUUM = "aia_171_20110215.fits", "hmi_continuum_20140301.fits"
XRS_DAYS = ("2011-06-07", "2012-06-01")
# NOAA's list of solar events, 2011-06-07: start, peak, end and class of the day's largest flare
NOAA_FLARE = ("2011-06-07T06:16", "2011-06-07T06:41", "2011-06-07T06:59", "M2.5")


def real_aia(folder=FOLDER):
    """REAL: AIA 171 Angstrom, level 1, of 2011-02-15 00:00 UT, the day of the X2.2 flare of AR 11158: a SunImage.

    Averaged from 4096 to 128 pixels along a side (19.18 arcsec a pixel) by sunpy, whose tests it comes from (BSD-2).
    """
    return read_image(Path(folder) / AIA_171)


def real_hmi_continuum(folder=FOLDER):
    """REAL: HMI continuum intensity of 2014-03-01 00:00 UT: a SunImage of channel "continuum", DN/s.

    It is no magnetogram: it shows spots and limb darkening, and is to be set beside AIA 4500, not beside the field.
    100 pixels along a side (20.66 arcsec a pixel), as HMI stores it: turned by 179.93 degrees; sunpy's tests (BSD-2).
    """
    return read_image(Path(folder) / CONTINUUM)


def real_xrs(day=XRS_DAYS[0], folder=FOLDER):
    """REAL: X-ray fluxes of GOES-15 on 2011-06-07 or 2012-06-01 every 2 s: an XrayFlux on the operational scale.

    The first day has the M2.5 flare of `NOAA_FLARE`.  From sunpy's tests (BSD-2).  Raises InputError for another day.
    """
    if day not in XRS_DAYS:
        raise InputError(f"there is no X-ray record of {day} in the package; choose one of {', '.join(XRS_DAYS)}")
    return read_xrs(Path(folder) / f"goes15_{day.replace('-', '')}.fits.gz")
