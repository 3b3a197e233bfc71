"""Features without training: the pixels themselves, and moments of the brightness."""

import numpy as np

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
MOMENTS = (
    *("brightness", "brightness_sd", "skewness", "kurtosis"),
    *(f"quantile_{q:.2f}" for q in QUANTILES),
    *("x", "y", "peak_x", "peak_y", "peak_offset"),
    *("major", "minor", "elongation_cos", "elongation_sin"),
    *("asymmetry", "concentration", "filling", "roughness"),
)


def pixels(images: np.ndarray, size: int = 32) -> np.ndarray:
    """Average images down to `size` x `size` pixels, as rows of features.

    Parameters
    ----------
    images : ndarray, shape (n, h, w)
        Brightness, 0 to 255.
    size : int
        Side of the small image in pixels.

    Returns
    -------
    ndarray of float32, shape (n, size * size)
        Brightness, 0 to 1.

    Examples
    --------
    >>> pixels(np.full((1, 64, 64), 255, np.uint8), 2)
    array([[1., 1., 1., 1.]], dtype=float32)
    """
    images = np.asarray(images, np.float32) / 255
    rows, columns = (_averaging(n, size) for n in images.shape[-2:])
    return (rows @ images @ columns.T).reshape(len(images), -1)


def _averaging(n, size):
    """Matrix (size, n) that averages n pixels over `size` equal stretches, cutting pixels where they meet."""
    edges = np.linspace(0, n, size + 1)
    low, high = np.maximum(edges[:-1, None], np.arange(n)), np.minimum(edges[1:, None], np.arange(n) + 1)
    return (np.clip(high - low, 0, None) * size / n).astype(np.float32)


def moments(images: np.ndarray, size: int = 59) -> np.ndarray:
    """Compute moments of the brightness, each scaled to be of order one.

    Parameters
    ----------
    images : ndarray, shape (n, h, w)
        Brightness, 0 to 255.
    size : int
        Side in pixels to which they are averaged first; 59 gives 3 arcsec, a seventh of STIX's beam.

    Returns
    -------
    ndarray of float32, shape (n, 22)
        Columns as in ``MOMENTS``.  Positions and widths are in half-widths of the field, from its centre.  Elongation
        is (major - minor) / (major + minor) times cosine and sine of twice the angle, so half a turn changes nothing.
        A blank image gives zeros.

    Examples
    --------
    >>> moments(np.zeros((2, 177, 177), np.uint8)).shape
    (2, 22)
    """
    images = pixels(images, size).reshape(-1, size, size)
    return np.concatenate([statistics(images), positions(images), shapes(images)], axis=1).astype(np.float32)


def statistics(images):
    """Mean, standard deviation, skewness and kurtosis (compressed by asinh), quantiles: (n, 9)."""
    flat = images.reshape(len(images), -1)
    mean, sd = flat.mean(axis=1), flat.std(axis=1)
    normed = (flat - mean[:, None]) / np.maximum(sd, 1e-6)[:, None]
    square = normed * normed
    skewness, kurtosis = (np.arcsinh((square * factor).mean(axis=1)) for factor in (normed, square))
    return np.column_stack([mean, sd, skewness, kurtosis, np.quantile(flat, QUANTILES, axis=1).T])


def positions(images):
    """Centroid of what is brighter than half the peak, place of the peak, distance between them: (n, 5)."""
    weights = bright(images)
    (x, y), _ = centroid(weights)
    peak = images.reshape(len(images), -1).argmax(axis=1)
    axis_y, axis_x = (np.linspace(-1, 1, n) for n in images.shape[-2:])
    row, column = np.divmod(peak, images.shape[-1])
    lit = weights.any(axis=(1, 2))  # a blank image has no peak
    peak_x, peak_y = axis_x[column] * lit, axis_y[row] * lit
    return np.column_stack([x, y, peak_x, peak_y, np.hypot(peak_x - x, peak_y - y)])


def bright(images):
    """Brightness of the pixels above half the peak, zero elsewhere."""
    half = images.max(axis=(1, 2), keepdims=True) / 2
    return np.where((images >= half) & (half > 0), images, 0)


def centroid(weights):
    """Mean and covariance of position under weights: ((x, y), (xx, yy, xy)), each (n,), in half-widths."""
    total = np.maximum(weights.sum(axis=(1, 2)), 1e-6)
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in weights.shape[-2:])
    columns, rows = weights.sum(axis=1) / total[:, None], weights.sum(axis=2) / total[:, None]
    mean_x, mean_y = columns @ x, rows @ y
    xy = np.einsum("nyx,y,x->n", weights, y, x, optimize=True) / total - mean_x * mean_y
    return (mean_x, mean_y), (columns @ x**2 - mean_x**2, rows @ y**2 - mean_y**2, xy)


def shapes(images):
    """Widths, elongation, asymmetry, concentration, filling and roughness: (n, 8)."""
    weights = bright(images)
    _, (xx, yy, xy) = centroid(weights)
    half, spread = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    major, minor = np.sqrt(np.maximum([half + spread, half - spread], 0))
    share = (major - minor) / np.maximum(major + minor, 1e-6) / np.maximum(spread, 1e-9)
    total = np.maximum(images.sum(axis=(1, 2)), 1e-6)
    asymmetry = np.abs(images - images[:, ::-1, ::-1]).sum(axis=(1, 2)) / (2 * total)
    step = np.abs(np.diff(images, axis=1)).mean(axis=(1, 2)) + np.abs(np.diff(images, axis=2)).mean(axis=(1, 2))
    concentration, filling = weights.sum(axis=(1, 2)) / total, (weights > 0).mean(axis=(1, 2))
    elongation = share * (xx - yy) / 2, share * xy
    return np.column_stack([major, minor, *elongation, asymmetry, concentration, filling, 20 * step])
