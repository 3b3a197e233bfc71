"""Light of the corona: responses of the channels to temperature, the quiet corona on and above the disk, its holes."""

from functools import cache

import numpy as np
from scipy.ndimage import binary_dilation, gaussian_filter, label, map_coordinates

from flarebook.solarchip.images.channels import CORONAL

# Peaks of the temperature responses: (log10 T, width in log10 T, DN cm^5/s per pixel in 1e-26), rounded from the curves
# of Boerner et al. 2012: Fe XVIII and cooler lines in 94, Fe VIII and Fe XXI in 131, Fe IX in 171, Fe XII and Fe XXIV
# in 193, Fe XIV in 211, Fe XVI and cooler lines in 335.
RESPONSES = {
    "94": ((6.85, 0.14, 1.0), (6.05, 0.15, 0.25)),
    "131": ((5.75, 0.15, 4.0), (7.05, 0.16, 1.5)),
    "171": ((5.87, 0.15, 120.0), (5.4, 0.2, 6.0)),
    "193": ((6.2, 0.14, 95.0), (5.6, 0.25, 4.0), (7.25, 0.12, 12.0)),
    "211": ((6.28, 0.13, 35.0), (5.7, 0.3, 2.0)),
    "335": ((6.43, 0.17, 1.3), (6.0, 0.3, 0.5)),
}
LOG_T_START, LOG_T_STEP, N_LOG_T = 5.3, 0.02, 110
QUIET = {"94": 1.0, "131": 5.0, "171": 145.0, "193": 140.0, "211": 45.0, "335": 2.0}  # DN/s, disk centre
# Scale height of the light, solar radii
SCALE_HEIGHT = {"94": 0.05, "131": 0.03, "171": 0.026, "193": 0.048, "211": 0.055, "335": 0.055}
HOLE = {"94": 0.45, "131": 0.6, "171": 0.55, "193": 0.22, "211": 0.22, "335": 0.4}  # light left in a coronal hole

HOLE_WIDTH, REGION_REACH = 7.0, 10.0  # pixels at 128: over which a hole is of one sign; how far regions keep it off
SMALLEST_HOLE = 110  # pixels at 128 in the image
REGION_FIELD = 45.0  # G, of a region
ONE_SIGN = 0.7  # G, smooth field of one sign above which it opens

# Layers of `quiet_texture`: pixels at 128 -> spread of log brightness
TEXTURE_SCALES = {0.6: 0.17, 1.3: 0.18, 4.0: 0.2, 9.0: 0.16}
NETWORK_POWER = 0.3  # of the network's field in the light above it

# Power of the field around in the light: hot near regions
NEAR = {"94": 0.5, "131": 0.2, "171": 0.28, "193": 0.35, "211": 0.5, "335": 0.5}


@cache
def response_table():
    """Responses of the coronal channels over log10 T, (6, N_LOG_T), in 1e-26 DN cm^5/s."""
    log_t = LOG_T_START + LOG_T_STEP * (np.arange(N_LOG_T) + 0.5)
    return np.array(
        [sum(top * np.exp(-0.5 * ((log_t - peak) / width) ** 2) for peak, width, top in RESPONSES[c]) for c in CORONAL]
    )


@cache
def limb_column(size, pixel, height):
    """Light of a corona that thins out with height, looked through at each pixel and relative to the disk's centre.

    height: scale height of the light, solar radii.  Returns (size, size): brighter at the limb, falling off above it.
    Compressed to at most 5 times the centre, for the real limb is less bright than that of such a smooth shell.
    """
    axis = ((np.arange(size) + 0.5) - size / 2) * pixel
    radius = np.hypot(*np.meshgrid(axis, axis))
    samples = np.linspace(0, 1.6, 400)
    edge = np.linspace(0, 1.6, 160)
    front = np.sqrt(np.clip(1 - edge**2, 0, 1))[:, None]
    lines = np.hypot(edge[:, None], front + samples)
    light = np.exp(-(np.maximum(lines, 1) - 1) / height).sum(axis=1) * samples[1]
    light *= np.where(edge < 1, 1, 2) / light[0]  # above the limb the far side shines through
    return np.interp(radius, edge, 5 * light / (4 + light))


def open_field(smooth, field, disk):
    """Share of open field in each pixel, 0 to 1: wide areas where the smooth field has one sign, far from regions.

    A proxy for coronal holes: the poles, and old flux of one sign that no region's closed field reaches.
    """
    pixels = 1 / disk.pixel / 58.0  # of this grid along one of the 128-pixel grid's, about
    wide = HOLE_WIDTH * pixels
    one_sign = np.abs(gaussian_filter(smooth, wide))
    mixed = one_sign / (gaussian_filter(np.abs(smooth), wide) + 0.03)
    strong = gaussian_filter(np.abs(field), 1.5 * pixels) > REGION_FIELD
    region = gaussian_filter(strong * 1.0, REGION_REACH * pixels)
    chance = 1 / (1 + np.exp(-(one_sign - ONE_SIGN) / 0.08)) / (1 + np.exp(-(mixed - 0.75) / 0.05))
    share = chance / (1 + np.exp((region - 0.012) / 0.002)) * disk.on
    return remove_small_areas(share, SMALLEST_HOLE * pixels**2, disk.scale)


def extend_beyond_limb(values, disk, inside=0.975):
    """Values on the disk carried outward: each pixel above the limb takes that of the limb below it, (size, size)."""
    scale = np.where(disk.radius < inside, 1.0, inside / np.maximum(disk.radius, 1e-6))
    places = [(axis * scale / disk.pixel + disk.size / 2 - 0.5) for axis in (disk.y, disk.x)]
    return map_coordinates(values, places, order=1, mode="nearest")


def remove_small_areas(share, least, scale=1.0):
    """Dark areas of which fewer than `least` pixels are dark by a third or more taken away, (size, size).

    scale: of a Disk; two pixels of the 128-pixel grid around a large area belong to it.
    """
    pieces, n = label(share > 0.33, np.ones((3, 3)))
    large = np.bincount(pieces.ravel(), minlength=n + 1) >= least
    large[0] = False
    return share * binary_dilation(large[pieces], iterations=max(round(2 * scale), 1))


def quiet_texture(size, rng):
    """Brightness of structures of all sizes, (size, size), about 1: small ones vivid here and faint there."""
    layers = []
    for width, spread in TEXTURE_SCALES.items():
        layer = gaussian_filter(rng.normal(size=(size, size)), width * size / 128, mode="wrap")
        layers.append(spread * layer / layer.std())
    vivid = np.exp(1.4 * layers[-1])
    return np.exp(vivid * (layers[0] + layers[1]) + layers[2] + layers[3])


def quiet_corona(disk, holes, network, near, rng):
    """Light of the quiet corona in each coronal channel, (6, size, size), DN/s.

    holes: open-field share; network: |B| smoothed to a cell; near: |B| smoothed over a region's surroundings; both
    relative to the quiet Sun's, all (size, size).
    """
    bright = np.clip(gaussian_filter(network, 0.8 * disk.scale), 0.3, 3) ** NETWORK_POWER
    bright *= quiet_texture(disk.size, rng)
    rays = extend_beyond_limb(gaussian_filter(bright, 1.0 * disk.scale), disk)
    texture = np.where(disk.radius < 0.975, bright, rays)
    texture /= texture[disk.on].mean()
    outward = np.clip(gaussian_filter(extend_beyond_limb(holes, disk), 1.2 * disk.scale), 0, 1)
    active = extend_beyond_limb(near, disk)
    images = []
    for channel in CORONAL:
        level = QUIET[channel] * HOLE[channel] ** outward * active ** NEAR[channel]
        images.append(level * texture * limb_column(disk.size, disk.pixel, SCALE_HEIGHT[channel]))
    return np.array(images)
