"""Sources counted without learning: local maxima of the image, found as the STIX data centre finds them."""

import warnings

import numpy as np
from photutils.detection import DAOStarFinder
from photutils.utils.exceptions import NoDetectionsWarning
from sklearn.metrics import roc_curve

PIXEL = 3  # arcsec; images are averaged over 3 x 3 pixels first, which the beam of 20 arcsec allows
FWHM = 28.0  # arcsec: the beam of 20 arcsec that CLEAN draws with, widened by a source of the same size
FAINTEST = 0.01  # of the image's range; fainter maxima are not listed
MOST = 8  # maxima kept per image
MARGIN = 8  # binned pixels, wider than the Gaussian's reach
ANYTHING = (-np.inf, np.inf)  # no limit to sharpness and roundness: sources may be broad and elongated


def bin_pixels(images, pixel=PIXEL):
    """Images averaged over squares of pixels; what does not fill one at the edges is left out.

    images: (n, h, w) uint8.  Returns (n, h // pixel, w // pixel) float32, 0 to 1.
    """
    height, width = (size // pixel for size in images.shape[1:])
    cut = images[:, : height * pixel, : width * pixel].reshape(-1, height, pixel, width, pixel)
    return cut.mean(axis=(2, 4), dtype=np.float32) / 255


def peak_heights(images, fwhm=FWHM, progress=iter):
    """Heights of the local maxima of each image above their surroundings, highest first.

    images: (n, 177, 177) uint8, each stretched over its own range; fwhm: arcsec, of the Gaussian that is matched.
    Returns (n, MOST) as shares of the image's range, 0 where there is no further maximum.
    DAOFIND (Stetson 1987) as photutils has it: the image is convolved with a Gaussian of zero mean, so that a level
    background gives nothing; a height is the amplitude of the Gaussian that fits best at the maximum.
    """
    finder = DAOStarFinder(
        threshold=FAINTEST,
        fwhm=fwhm / PIXEL,
        sharpness_range=ANYTHING,
        roundness_range=ANYTHING,
        min_separation=0,
        scale_threshold=False,
    )
    heights = np.zeros((len(images), MOST), np.float32)
    for row, image in enumerate(progress(bin_pixels(images))):
        found = found_heights(finder, image)[:MOST]
        heights[row, : len(found)] = found
    return heights


def found_heights(finder, image):
    """Heights of the maxima in one image, highest first.

    The edge is continued outwards: the finder takes what lies beyond it for zero, and would see maxima along the edge
    of an image with a bright background.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoDetectionsWarning)  # a flat image has none, which is an answer
        table = finder(np.pad(image, MARGIN, mode="edge"))
    if table is None:
        return np.zeros(0)
    place = np.array([table["y_centroid"], table["x_centroid"]]).T - MARGIN
    inside = ((place > -0.5) & (place < np.array(image.shape) - 0.5)).all(axis=1)
    return np.sort(FAINTEST * 10 ** (-0.4 * np.asarray(table["daofind_mag"])[inside]))[::-1]


def count_sources(heights, threshold):
    """Number of maxima at least as high as the threshold: (n,) int.

    heights: of `peak_heights`; threshold: share of the image's range.
    """
    return (heights >= threshold).sum(axis=1)


def choose_threshold(heights, multiple):
    """Threshold with the largest hit rate less false-alarm rate on a labelled set.

    heights: of its images; multiple: (n,) of 0 and 1.  Returns a height half-way between the second maxima of two
    images.
    """
    second = heights[:, 1]
    false_alarms, hits, thresholds = roc_curve(multiple, second, drop_intermediate=False)
    best = thresholds[np.argmax(hits - false_alarms)]
    below = second[second < best]
    return float((best + below.max()) / 2 if len(below) else best)


def counted_maxima(train, multiple, images):
    """Score of several sources from the height of the second maximum; .5 where it reaches the chosen threshold.

    train, images: heights (n, MOST), (n_images, MOST); multiple: (n,) of 0 and 1, used for the threshold only.
    Returns (n_images,) between 0 and 1, to be used like the classifiers of `multiple_sources`.
    """
    threshold = max(choose_threshold(train, multiple), FAINTEST)
    return images[:, 1] / (images[:, 1] + threshold)
