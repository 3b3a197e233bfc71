"""Measures of images and fits: side lobes, widths, and fitted sources in solar coordinates and megametres."""

import numpy as np
import pandas as pd

from flarebook.stix.imaging.source_model import Component, pixel_axis


def second_peak(image, pixel, away):
    """Highest value farther than `away` arcsec from the peak, as a share of the peak: a side lobe, or a rival place."""
    row, column = np.unravel_index(image.argmax(), image.shape)
    y, x = np.indices(image.shape)
    return float(image[np.hypot(x - column, y - row) * pixel > away].max() / image.max())


def beam_width(beam, pixel):
    """FWHM of a beam, arcsec: the diameter of a circle as large as the area above half its peak."""
    return float(2 * np.sqrt((beam > beam.max() / 2).sum() / np.pi) * pixel)


def fit_table(fits, flare):
    """Fitted sources, one a row: solar place and widths in arcsec and Mm, with errors.

    fits: {name: forward_fit.Fit} from visibilities in solar axes; flare: sample.Flare, at whose centre x and y start.
    Errors are multiplied by the root of chi-squared where the model does not describe the data.
    """
    rows = []
    for name, fit in fits.items():
        scale = np.sqrt(max(fit.chi_squared, 1.0))
        for part, error in zip(fit.sky, fit.errors, strict=True):
            row = {"model": name, "x": flare.centre[0] + part.x, "y": flare.centre[1] + part.y}
            row |= {"flux": part.flux, "fwhm_major": part.fwhm_major, "fwhm_minor": part.fwhm_minor}
            row |= {"angle": part.angle, "chi_squared": fit.chi_squared}
            row |= {f"{key}_error": scale * getattr(error, key) for key in Component._fields}
            row |= {f"{key}_megametres": flare.megametres(getattr(part, f"fwhm_{key}")) for key in ("major", "minor")}
            rows.append(row)
    return pd.DataFrame(rows)


def beam_table(beams, pixel):
    """Cuts of beams along x through the middle: {name: (size, size)} to one column each."""
    axis = pixel_axis(len(next(iter(beams.values()))), pixel)
    return pd.DataFrame({"x": axis} | {name: beam[len(beam) // 2] for name, beam in beams.items()})


def image_table(images, pixel, centre=(0.0, 0.0), step=1):
    """Images as a table: solar x and y of a pixel, and its value in each image; step: every how many pixels."""
    axis = pixel_axis(len(next(iter(images.values()))), pixel)[::step]
    x, y = np.meshgrid(centre[0] + axis, centre[1] + axis)
    return _columns(x, y, {name: image[::step, ::step] for name, image in images.items()})


def archive_table(archive_map, images, half_width=75.0, step=1):
    """The middle of images on an archive file's pixels as a table, like `image_table`."""
    window = middle(archive_map.data, archive_map.pixel, half_width, step)
    x, y = (axis[window] for axis in archive_map.coordinates())
    return _columns(x, y, {name: image[window] for name, image in images.items()})


def middle(image, pixel, half_width, step=1):
    """Slices of the middle of an image; half_width: arcsec."""
    edges = [(int(n / 2 - half_width / pixel), int(n / 2 + half_width / pixel) + 1) for n in image.shape]
    return tuple(slice(*edge, step) for edge in edges)


def _columns(x, y, images):
    """Table of coordinates and images, flattened; five digits are enough for a figure."""
    values = {name: [float(f"{value:.5g}") for value in image.ravel()] for name, image in images.items()}
    return pd.DataFrame({"solar_x": x.ravel().round(2), "solar_y": y.ravel().round(2)} | values)
