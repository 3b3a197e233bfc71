"""One time step: the magnetogram and the ten AIA images that go with it, of the same surface, through PSF and noise."""

import numpy as np
from scipy.ndimage import gaussian_filter

from flarebook.solarchip.images.channels import CHANNELS, CORONAL, SATURATION
from flarebook.solarchip.sun.chromosphere import filaments, light_304, photospheric_light
from flarebook.solarchip.sun.corona import open_field, quiet_corona
from flarebook.solarchip.sun.field_lines import magnetic_charges
from flarebook.solarchip.sun.loops import flare_images, loop_images
from flarebook.solarchip.sun.magnetic_field import magnetogram, radial_field

PSF = 0.45  # pixels of whatever size, standard deviation: most of it is the averaging down to them
HAZE = dict.fromkeys(CORONAL, 0.2) | {"171": 1.5}  # light of loops too fine to be drawn, over that of the drawn ones
WINGS = 0.01  # share of a flare's light in the wings of the PSF, beyond the noise of other light
NEAR_FIELD = 7.0  # G, |B| over a region's surroundings where the corona is as bright as QUIET says
PHOTONS = 30.0  # photons per DN/s in a pixel of the 128-pixel grid, after averaging the telescope's


def render_sun(disk, surface, population, phases, rng, flash=None):
    """Images of one time, (11, size, size) float32 in CHANNELS order: line-of-sight field in G, AIA in DN/s.

    disk: a Disk; surface: of `surface_at`; phases: (6, 4) of the filaments' pattern; flash: {region: W/m^2} of flares
    that glow.  Returns the images and the radial field (size, size) in G.
    """
    field, smooth = radial_field(disk, surface, population.network_seed)
    holes = open_field(smooth, field, disk)
    dark = filaments(disk, smooth, field, surface.day, phases) * (1 - holes)
    texture = gaussian_filter(np.abs(field), 0.7 * disk.scale)
    texture = np.minimum(texture / np.median(texture[disk.on]), 4.0)
    charges = magnetic_charges(disk, surface, population)
    loops = loop_images(disk, charges, rng)
    light = coronal_light(disk, field, holes, texture, dark, loops, rng)
    light += scatter_light(flare_images(disk, charges, rng, flash or {}), disk)
    light = dict(zip(CORONAL, light, strict=True))
    light["304"] = light_304(disk, field, holes, dark, texture) + 0.03 * loops[CORONAL.index("171")]
    light |= {channel: photospheric_light(disk, field, channel, texture) for channel in ("1600", "1700", "4500")}
    aia = [expose_image(light[channel], PHOTONS / disk.scale**2, rng) for channel in CHANNELS[1:]]
    return np.stack([magnetogram(field, disk, rng), *aia]).astype("f4"), field


def render_magnetogram(disk, surface, population, rng):
    """Magnetogram of one time alone, (1, size, size) float32 in G, and the radial field (size, size) in G.

    The field is that of `render_sun`; the noise is another draw, since no light is drawn before it.
    """
    field, _ = radial_field(disk, surface, population.network_seed)
    return magnetogram(field, disk, rng)[None].astype("f4"), field


def coronal_light(disk, field, holes, texture, dark, loops, rng):
    """Light of the coronal channels, (6, size, size), DN/s: quiet corona, loops and their haze, filaments in front."""
    near = np.clip(gaussian_filter(np.abs(field), 7 * disk.scale) / NEAR_FIELD, 0.25, 3.0)
    quiet = quiet_corona(disk, holes, texture, near, rng)
    haze = np.stack(
        [HAZE[c] * gaussian_filter(image, 2.5 * disk.scale) for c, image in zip(CORONAL, loops, strict=True)]
    )
    return (quiet + 0.85 * loops + haze) * (1 - 0.35 * dark)


def scatter_light(flares, disk):
    """Flares as the telescope shows them: most light in the core, a little in wide wings; (6, size, size)."""
    width = 2.0 * disk.scale
    return (1 - WINGS) * flares + WINGS * gaussian_filter(flares, (0, width, width)) if flares.any() else flares


def expose_image(light, photons, rng):
    """Light in DN/s blurred by the PSF, with the noise of so many photons per DN/s, clipped at the largest value."""
    blurred = np.clip(gaussian_filter(light, PSF), 0, SATURATION)
    return np.clip(rng.poisson(blurred * photons) / photons, 0, SATURATION)
