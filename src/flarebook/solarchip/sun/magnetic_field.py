"""The radial magnetic field on the disk: patches of the regions, poles, and the network of the quiet Sun.

The network is a web of supergranules, which turn with the Sun and live 1 to 2 days (Rincon & Rieutord 2018), so two
images a day apart share a good part of their network and two images three days apart next to nothing.  HMI and every
AIA channel of a moment see the same network, as on the Sun: it is a fingerprint of the date, by which images of one
moment can be matched without looking at any region.
"""

from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from flarebook.learning.compiled import compiled
from flarebook.solarchip.images.grid import HALF_WIDTH
from flarebook.solarchip.sun.regions import rotation_rate

NETWORK_FIELD = 6.0  # G, typical of a pixel in the network
NOISE = 0.9  # G, line-of-sight field of a pixel of the 128-pixel grid: unresolved field, and noise after averaging
LARGEST_NOISE = 10.2  # G, of HMI's own pixels in 45 s (Liu et al. 2012)
LIFE = 1.5  # days in which the pattern's correlation falls to 1/e
CELLS = 1.5 / 58  # radians, width of the noise whose zero lines are the lanes between cells; 18 Mm
ELEMENT = 0.6  # pixels of the 128-pixel grid, width of a flux element
COARSEST, FINEST = 128 / (2 * HALF_WIDTH), 1024 / (2 * HALF_WIDTH)  # pixels of the maps along a radian


def radial_field(disk, surface, network_seed):
    """Radial field in G, (size, size), and its smooth part: what the poles and the old flux of regions make of it.

    disk: a Disk; surface: a Surface; network_seed: of the Sun's network.
    """
    poles = surface.polar_field * np.sign(disk.sine_latitude) * (np.abs(disk.sine_latitude) ** 8)
    smooth = add_patches(disk, surface.plage) + poles
    quiet = clump_field(smooth, disk, *supergranular_network(disk, surface.day, network_seed))
    return add_patches(disk, surface.spots) + quiet, smooth * disk.on


def add_patches(disk, patches):
    """Field of round patches, each blurred by the pixel so that its flux stays, (size, size)."""
    blurred = np.hypot(patches.width, 0.5 * np.rad2deg(disk.pixel))
    peak = patches.peak * (patches.width / blurred) ** 2
    centres = disk.vectors(patches.latitude, patches.longitude)
    return _add(centres, peak, np.deg2rad(blurred), disk.size, disk.pixel)


@compiled()
def _add(centres, peak, width, size, pixel):
    """Sum of Gaussians of the angular distance on the sphere, within four widths; centres (n, 3), of the observer."""
    field = np.zeros((size, size))
    half = size * pixel / 2
    for k in range(len(peak)):
        reach = 4 * width[k]
        cx, cy, cz = centres[k]
        if cz < -np.sin(min(reach, 1.5)):
            continue
        first, last = max(0, int((cx - reach + half) / pixel)), min(size - 1, int((cx + reach + half) / pixel))
        low, high = max(0, int((cy - reach + half) / pixel)), min(size - 1, int((cy + reach + half) / pixel))
        for i in range(low, high + 1):
            y = (i + 0.5) * pixel - half
            for j in range(first, last + 1):
                x = (j + 0.5) * pixel - half
                z2 = 1 - x * x - y * y
                if z2 > 0:
                    square = 2 * (1 - (x * cx + y * cy + np.sqrt(z2) * cz)) / width[k] ** 2
                    if square < 16:
                        field[i, j] += peak[k] * np.exp(-0.5 * square)
    return field


def clump_field(smooth, disk, cells, flux):
    """Smooth field gathered in network and plage elements, with the mixed polarities of the quiet Sun added.

    cells, flux: of `supergranular_network`.
    """
    lanes = np.exp(-0.5 * (cells / 0.45) ** 2)  # a web of lanes: the edges of cells
    elements = lanes * np.abs(flux)
    grain = 0.4 + 0.6 * np.minimum(elements / elements[disk.on].mean(), 4.0)
    mixed = NETWORK_FIELD * np.sign(flux) * elements
    return np.where(disk.on, smooth * grain + mixed, 0.0)


def magnetogram(field, disk, rng):
    """Line-of-sight field as HMI sees it, G: foreshortened, with noise that grows to the limb, 0 off the disk."""
    spread = min(NOISE * disk.scale, LARGEST_NOISE)  # less is averaged down to a finer pixel
    noise = rng.normal(0, spread, field.shape) * (1 + 1.5 * (1 - disk.mu) ** 2)
    return np.where(disk.on, field * disk.mu + noise, 0.0)


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
        for field, values, order in zip(total, maps, (1, 0), strict=True):
            field += weight * map_coordinates(values, places, order=order, mode="grid-wrap")
    return total


@lru_cache(maxsize=6)
def noise_maps(seed, epoch, per_radian):
    """Maps of cells and of flux elements drawn for one day, (2, rows, columns), unit variance, over the whole Sun."""
    rng = np.random.default_rng([seed, epoch + 10])
    shape = int(np.pi * per_radian) + 2, int(2 * np.pi * per_radian) + 2
    widths = (CELLS * per_radian, ELEMENT * (per_radian / COARSEST))
    maps = [gaussian_filter(rng.standard_normal(shape, np.float32), width, mode="wrap") for width in widths]
    return np.array([one / one.std() for one in maps])
