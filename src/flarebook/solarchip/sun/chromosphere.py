"""Light from below the corona: He II 304 with filaments and prominences, 1600 and 1700 with plage, 4500 with spots."""

import numpy as np
from scipy.ndimage import gaussian_filter

from flarebook.solarchip.sun.corona import extend_beyond_limb, remove_small_areas

QUIET = {"304": 28.0, "1600": 75.0, "1700": 850.0, "4500": 12_500.0}  # DN/s, disk centre
LIMB = {"304": -0.35, "1600": 0.45, "1700": 0.6, "4500": 0.55}  # 1 - darkening towards the limb; negative brightens
PLAGE = {"304": 1.6, "1600": 1.1, "1700": 0.4, "4500": 0.015}  # brightening per 100 G
SPOT = {"1600": 0.4, "1700": 0.7, "4500": 0.85}  # darkening in a full umbra
SPICULES, PROMINENCE = 0.012, 0.03  # solar radii, heights above the limb in 304
WIDE_FIELD = 6.0  # pixels at 128, over which the field is averaged before its inversion lines are sought
FILAMENT, SMALLEST_GRADIENT = 0.013, 2.0  # solar radii, width of a channel; G per solar radius across it
SMALLEST_FILAMENT = 24  # pixels at 128 in the image
CARRINGTON = 13.2  # degrees per day, synodic


def filaments(disk, smooth, field, day, phases):
    """Filament channels, 0 to 1: along the neutral line of the large-scale field, where a slow pattern allows one.

    smooth: field of old flux and poles; field: all of it; phases: (6, 4) of the pattern, constant for one Sun.
    """
    large = gaussian_filter(smooth, WIDE_FIELD * disk.scale)
    north, east = np.gradient(large, disk.pixel)
    slope = np.hypot(north, east)  # G per solar radius
    near = np.exp(-0.5 * (large / np.maximum(slope, SMALLEST_GRADIENT) / FILAMENT) ** 2) * (slope > SMALLEST_GRADIENT)
    calm = 1 / (1 + np.exp((gaussian_filter(np.abs(field), 2.0 * disk.scale) - 60) / 10))
    share = near * calm * slow_pattern(disk, day, phases) * disk.on
    return remove_small_areas(share, SMALLEST_FILAMENT * disk.scale**2, disk.scale)


def slow_pattern(disk, day, phases):
    """Pattern of 0 and 1 that turns with the Sun and changes within weeks, (size, size)."""
    longitude = disk.longitude - np.deg2rad(CARRINGTON * day)
    latitude = np.arcsin(np.clip(disk.sine_latitude, -1, 1))
    waves = 0.0
    for order, (first, second, third, speed) in enumerate(phases, 1):
        east = np.cos(order * longitude + 2 * np.pi * (first + speed * day / 40))
        waves = waves + east * np.cos((2 + 6 * third) * latitude + 2 * np.pi * second)
    return 1 / (1 + np.exp(-(waves - 0.6) / 0.12))


def light_304(disk, field, holes, dark, texture):
    """Image in He II 304, DN/s: network and plage bright, filaments dark, prominences and spicules above the limb."""
    strong = gaussian_filter(np.abs(field), 0.8 * disk.scale)
    plage = PLAGE["304"] * (np.clip(strong - 20, 0, 400) / 100) ** 0.8
    bright = (0.75 + 0.25 * texture + plage) * (1 - 0.3 * holes) * (1 - 0.65 * dark)
    on = bright * (1 + 0.35 * (1 - disk.mu) ** 2)
    height = np.maximum(disk.radius - 1, 0)
    ring = gaussian_filter(extend_beyond_limb(bright, disk), 1.5 * disk.scale) * 1.5 * np.exp(-height / SPICULES)
    erect = gaussian_filter(extend_beyond_limb(dark, disk, 0.96), 0.8 * disk.scale) * 4.0 * np.exp(-height / PROMINENCE)
    return QUIET["304"] * np.where(disk.on, on, ring + erect + 0.02)


def photospheric_light(disk, field, channel, texture):
    """Image in 1600, 1700 or 4500, DN/s: limb darkening, network and plage, dark spots; 0 above the limb."""
    strong = gaussian_filter(np.abs(field), 0.6 * disk.scale)
    umbra = np.clip((np.abs(field) - 250) / 900, 0, 1)
    plage = PLAGE[channel] * np.clip(strong - 20, 0, 300) / 100
    network = 1 + {"1600": 0.22, "1700": 0.09, "4500": 0.01}[channel] * (texture - 1)
    limb = 1 - LIMB[channel] * (1 - disk.mu)
    return QUIET[channel] * limb * (network + plage * (1 - umbra)) * (1 - SPOT[channel] * umbra) * disk.on
