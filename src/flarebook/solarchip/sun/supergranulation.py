"""The network of the quiet Sun: cells that turn with the Sun and are replaced within a day or two.

Supergranules live 1 to 2 days (Rincon & Rieutord 2018), so two images a day apart share a good part of their network
and two images three days apart next to nothing.  HMI and every AIA channel of a moment see the same network, as on the
Sun: it is a fingerprint of the date, by which images of one moment can be matched without looking at any region.
"""

from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from flarebook.solarchip.images.grid import HALF_WIDTH
from flarebook.solarchip.sun.regions import rotation_rate

LIFE = 1.5  # days in which the pattern's correlation falls to 1/e
CELLS = 1.5 / 58  # radians, width of the noise whose zero lines are the lanes between cells; 18 Mm
ELEMENT = 0.6  # pixels of the 128-pixel grid, width of a flux element
COARSEST, FINEST = 128 / (2 * HALF_WIDTH), 1024 / (2 * HALF_WIDTH)  # pixels of the maps along a radian


def supergranular_network(disk, day, seed):
    """Two random fields of unit variance on the disk, (2, size, size): cells and signed flux elements.

    day: since the first image; seed: of this Sun's network.  Each is a sum of maps drawn for the days around, every map
    carried along by differential rotation, with weights that make the correlation exp(-(dt / LIFE)^2).
    """
    epochs = round(day) + np.arange(-2, 3)
    weights = np.exp(-2 * ((day - epochs) / LIFE) ** 2)
    weights /= np.sqrt((weights**2).sum())
    latitude = np.arcsin(np.clip(disk.sine_latitude, -1, 1))
    turned = np.deg2rad(rotation_rate(np.rad2deg(latitude)))
    per_radian = min(max(disk.size / (2 * HALF_WIDTH), COARSEST), FINEST)
    total = np.zeros((2, disk.size, disk.size))
    for epoch, weight in zip(epochs, weights, strict=True):
        maps = noise_maps(seed, int(epoch), per_radian)
        east = (disk.longitude - turned * (day - epoch)) * np.cos(latitude)  # sinusoidal map: cells of equal area
        places = [latitude * per_radian + maps.shape[1] / 2, east * per_radian + maps.shape[2] / 2]
        # elements are as small as a pixel: a mean of four would fade them, the nearest does not
        total += weight * np.array(
            [map_coordinates(m, places, order=k, mode="grid-wrap") for m, k in zip(maps, (1, 0), strict=True)]
        )
    return total


@lru_cache(maxsize=6)
def noise_maps(seed, epoch, per_radian):
    """Maps of cells and of flux elements drawn for one day, (2, rows, columns), unit variance, over the whole Sun."""
    rng = np.random.default_rng([seed, epoch + 10])
    shape = int(np.pi * per_radian) + 2, int(2 * np.pi * per_radian) + 2
    widths = (CELLS * per_radian, ELEMENT * (per_radian / COARSEST))
    maps = [gaussian_filter(rng.standard_normal(shape, np.float32), width, mode="wrap") for width in widths]
    return np.array([one / one.std() for one in maps])
