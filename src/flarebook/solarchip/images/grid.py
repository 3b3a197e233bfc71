"""The standard image grid, 2 x 1.1 solar radii wide, the disk in its centre, its pixels on the Sun, and binning."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from flarebook.compendium.errors import InputError

HALF_WIDTH = 1.1  # solar radii from the centre to the image's edge
SOLAR_RADIUS = 6.957e10  # cm
B0_LARGEST = 7.25  # degrees
B0_ZERO, YEAR = 158.0, 365.25  # day of the year (7 June) when the axis lies in the sky's plane; days
CHUNK = 64  # dates binned together


@dataclass(frozen=True, eq=False)
class Disk:
    """Grid of size x size pixels; row 0 is south, column 0 the east limb; b0: latitude of the disk's centre in degrees.

    Vectors are seen by the observer: x to the west, y to the north, z towards the observer, in solar radii.
    """

    size: int = 128
    b0: float = 0.0

    @cached_property
    def x(self):
        """West coordinate of the pixels' centres, (size, size)."""
        axis = ((np.arange(self.size) + 0.5) / self.size * 2 - 1) * HALF_WIDTH
        return np.broadcast_to(axis, (self.size, self.size))

    @cached_property
    def y(self):
        """North coordinate of the pixels' centres, (size, size)."""
        return self.x.T

    @cached_property
    def radius(self):
        """Distance from the disk's centre, (size, size)."""
        return np.hypot(self.x, self.y)

    @cached_property
    def on(self):
        """Pixels on the disk, (size, size) bool."""
        return self.radius < 1

    @cached_property
    def mu(self):
        """Cosine of the angle between the line of sight and the vertical, 0 off the disk, (size, size)."""
        return np.sqrt(np.clip(1 - self.radius**2, 0, 1))

    @cached_property
    def sine_latitude(self):
        """Sine of the heliographic latitude; off the disk that of the nearest point of the limb, (size, size)."""
        inside = np.maximum(self.radius, 1)
        return self.y / inside * np.cos(np.deg2rad(self.b0)) + self.mu * np.sin(np.deg2rad(self.b0))

    @cached_property
    def longitude(self):
        """Stonyhurst longitude in radians, off the disk that of the nearest point of the limb, (size, size)."""
        tilt = np.deg2rad(self.b0)
        inside = np.maximum(self.radius, 1)
        return np.arctan2(self.x / inside, self.mu * np.cos(tilt) - self.y / inside * np.sin(tilt))

    @property
    def pixel(self):
        """Width of a pixel in solar radii."""
        return 2 * HALF_WIDTH / self.size

    @property
    def scale(self):
        """Pixels of this grid along one of the 128-pixel grid's, in which the simulated Sun's widths are given."""
        return self.size / 128

    @cached_property
    def pixel_area(self):
        """Area of the solar surface behind each pixel in cm^2, 0 off the disk, (size, size)."""
        return np.where(self.on, (self.pixel * SOLAR_RADIUS) ** 2 / np.maximum(self.mu, self.pixel), 0.0)

    def vectors(self, latitude, longitude):
        """Unit vectors of heliographic positions in degrees (Stonyhurst), (..., 3) in the observer's frame."""
        latitude, longitude, tilt = np.deg2rad(latitude), np.deg2rad(longitude), np.deg2rad(self.b0)
        x = np.cos(latitude) * np.sin(longitude)
        y, z = np.sin(latitude), np.cos(latitude) * np.cos(longitude)
        return np.stack([x, y * np.cos(tilt) - z * np.sin(tilt), y * np.sin(tilt) + z * np.cos(tilt)], axis=-1)


def solar_b0(day_of_year):
    """Heliographic latitude B0 of the disk's centre in degrees, to about a tenth of a degree."""
    return B0_LARGEST * np.sin(2 * np.pi * (day_of_year - B0_ZERO) / YEAR)


def bin_images(images, side):
    """Images binned to side x side pixels by the mean of their pixels, as a telescope with larger ones sees them.

    images: (n, channels, h, w) physical.  Returns float32.  Raises InputError when the side does not divide h.
    """
    n, channels, height, _ = images.shape
    if height % side:
        raise InputError(f"images of {height} pixels cannot be binned to {side}: take a divisor of {height}")
    block = height // side
    out = np.empty((n, channels, side, side), np.float32)
    for start in range(0, n, CHUNK):
        part = np.asarray(images[start : start + CHUNK], np.float32)
        out[start : start + CHUNK] = part.reshape(-1, channels, side, block, side, block).mean(axis=(3, 5))
    return out
