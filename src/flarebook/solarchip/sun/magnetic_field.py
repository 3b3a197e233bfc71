"""The radial magnetic field on the disk: patches of the regions, poles, and the network of the quiet Sun."""

import numba
import numpy as np

from flarebook.solarchip.sun.supergranulation import supergranular_network

NETWORK_FIELD = 14.0  # G, typical of a pixel in the network
NOISE = 3.0  # G, line-of-sight field of a pixel of the 128-pixel grid, after averaging down to it
LARGEST_NOISE = 10.2  # G, of HMI's own pixels in 45 s (Liu et al. 2012)


def radial_field(disk, surface, network_seed):
    """Radial field in G, (size, size), and its smooth part: what the poles and the old flux of regions make of it.

    disk: a Disk; surface: a Surface; network_seed: of the Sun's network.
    """
    smooth = add_patches(disk, surface.plage) + surface.polar_field * np.sign(disk.sine_latitude) * (
        np.abs(disk.sine_latitude) ** 8
    )
    quiet = clump_field(smooth, disk, *supergranular_network(disk, surface.day, network_seed))
    return add_patches(disk, surface.spots) + quiet, smooth * disk.on


def add_patches(disk, patches):
    """Field of round patches, each blurred by the pixel so that its flux stays, (size, size)."""
    blurred = np.hypot(patches.width, 0.5 * np.rad2deg(disk.pixel))
    peak = patches.peak * (patches.width / blurred) ** 2
    centres = disk.vectors(patches.latitude, patches.longitude)
    return _add(centres, peak, np.deg2rad(blurred), disk.size, disk.pixel)


@numba.njit(cache=True)
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
