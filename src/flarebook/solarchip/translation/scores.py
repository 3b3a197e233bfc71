"""Scores of translated images against their targets, on the disk and off it, and calibration of an ensemble."""

import numpy as np
import pandas as pd
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn.metrics.pairwise import cosine_similarity

from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.channels import channel_index
from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.images.scaling import unscale_channel
from flarebook.solarchip.sun.magnetic_indices import unsigned_flux

SCORES = ("psnr", "ssim", "correlation")
STRONG = 50.0  # G; weaker pixels are noise and network, which no translation could know
INNER = 0.5  # mu, 60 degrees from the centre: nearer the limb the line of sight sees hardly any of the field


def region_masks(target, size):
    """Masks of the parts of an image that count: {"disk": (size, size) bool, "off disk": ...}.

    The field is measured on the disk alone, so that "hmi" and "|hmi|" have no other part.
    """
    disk = Disk(size).on
    return {"disk": disk} if "hmi" in target else {"disk": disk, "off disk": ~disk}


def score_translation(predicted: np.ndarray, observed: np.ndarray, target: str) -> pd.DataFrame:
    """Score translated images against the observed ones.

    Parameters
    ----------
    predicted, observed : numpy.ndarray, shape (n, h, w)
        Scaled images of the same dates.
    target : str
        Channel, or "|hmi|" for the field without its sign.

    Returns
    -------
    pandas.DataFrame
        Columns image, target, region ("disk", and "off disk" for AIA), psnr (peak signal-to-noise ratio, dB), ssim
        (structural similarity, Gaussian window of 1.5 pixels, averaged over the region) and correlation (NaN for a
        constant image).

    Raises
    ------
    InputError
        If the shapes differ.

    References
    ----------
    Wang et al. 2004, IEEE Trans. Image Process. 13, 600.

    Examples
    --------
    >>> import numpy as np
    >>> from flarebook.solarchip import score_translation
    >>> image = np.random.default_rng(0).random((1, 32, 32))
    >>> score_translation(image, image, "hmi")["ssim"].tolist()
    [1.0]
    """
    predicted, observed = _pairs(predicted, observed)
    rows, scale = [], 1.0 if target == "|hmi|" else 2.0  # range of the scaled values, -1 to 1 or 0 to 1
    settings = {"data_range": scale, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    for number, (image, true) in enumerate(zip(predicted, observed, strict=True)):
        similarity = structural_similarity(true, image, full=True, **settings)[1]
        for region, mask in region_masks(target, observed.shape[-1]).items():
            psnr = peak_signal_noise_ratio(true[mask], image[mask], data_range=scale)
            rows.append((number, target, region, psnr, similarity[mask].mean(), correlation(image[mask], true[mask])))
    return pd.DataFrame(rows, columns=["image", "target", "region", *SCORES])


def _pairs(predicted, observed):
    """Both as float64 arrays of the same shape."""
    predicted, observed = np.asarray(predicted, float), np.asarray(observed, float)
    if predicted.shape != observed.shape or observed.ndim != 3:
        raise InputError(
            f"translated images of shape {predicted.shape} cannot be scored against {observed.shape}: "
            "give the same dates, (n, rows, columns) each"
        )
    return predicted, observed


def correlation(values, others):
    """Pearson's correlation of two lists of numbers; NaN when one of them has one value only."""
    values, others = values - values.mean(), others - others.mean()
    norm = np.sqrt((values**2).sum() * (others**2).sum())
    return float((values * others).sum() / norm) if norm > 1e-12 else np.nan


def date_recall(translated, observed, target):
    """Share of dates at which a translation is most similar to the observed image of its own date, and the reverse.

    translated, observed: (n, h, w) scaled.  Similarity is the cosine, on the disk, of the differences from the mean
    over the dates; a translation that ignores its source scores about 1 / n.
    """
    mask = region_masks(target, observed.shape[-1])["disk"]
    anomalies = [images[:, mask] - images[:, mask].mean(axis=0) for images in _pairs(translated, observed)]
    similarity = cosine_similarity(*anomalies)
    own = np.arange(len(similarity))
    return float(np.mean([similarity.argmax(axis=axis) == own for axis in (0, 1)]))


def strong_flux(field):
    """Compute the unsigned flux of the pixels above STRONG within 60 degrees of the disk's centre, Mx: (n,).

    field: (n, h, w), line of sight, G.
    """
    return unsigned_flux(field, STRONG, INNER)


def flux_errors(predicted, observed):
    """Relative errors of the unsigned flux, (n,): positive when there is too much; NaN on days without strong pixels.

    predicted, observed: (n, h, w) scaled fields, with or without their sign.
    """
    flux, true = (strong_flux(unscale_channel(field, "hmi")) for field in _pairs(predicted, observed))
    return np.where(true > 0, flux / np.where(true > 0, true, 1.0) - 1, np.nan)


def select_target(images, channel):
    """Scaled images of a channel, or of "|hmi|", the field without its sign: (n, 11, h, w) -> (n, h, w).

    The scale of the field is odd, so that its absolute value is also the scaled |B|.
    """
    return np.abs(images[:, channel_index("hmi")]) if channel == "|hmi|" else images[:, channel_index(channel)]


def spread_and_error(members, observed):
    """Variance of an ensemble, for its finite size (Fortin et al. 2014), and its mean's squared error: (n, h, w) each.

    members: (m, n, h, w), observed: (n, h, w), scaled.  Raises InputError for fewer than two members.
    """
    m = len(members)
    if m < 2:
        raise InputError(f"{m} member has no spread: draw two or more")
    return members.var(axis=0, ddof=1) * (m + 1) / m, (members.mean(axis=0) - observed) ** 2


def calibration(members, observed, target):
    """Calibration of an ensemble's spread: DataFrame with one row per region.

    members: (m, n, h, w), observed: (n, h, w), scaled.
    spread: square root of the mean variance; error: of the ensemble's mean; ratio: spread / error, 1 when calibrated;
    correlation: of the two over pixels, each averaged over the images; coverage: share of pixels between the lowest and
    the highest member; expected: of a calibrated ensemble.
    """
    members, truth, m = np.asarray(members, float), np.asarray(observed, float), len(members)
    maps = np.array(spread_and_error(members, truth))
    inside = (truth >= members.min(axis=0)) & (truth <= members.max(axis=0))
    rows = []
    for region, mask in region_masks(target, truth.shape[-1]).items():
        spread, error = np.sqrt(maps[:, :, mask].mean(axis=(1, 2)))
        related = correlation(*np.sqrt(maps[:, :, mask].mean(axis=1)))
        row = (spread, error, spread / max(error, 1e-12), related, inside[:, mask].mean())
        rows.append((target, region, *row, (m - 1) / (m + 1)))
    columns = ["target", "region", "spread", "error", "ratio", "correlation", "coverage", "expected"]
    return pd.DataFrame(rows, columns=columns)


def spread_error_table(members, observed, target, n_bins=8):
    """Error of the ensemble's mean in bins of its spread, on the disk: DataFrame with target, spread, error, pixels.

    members: (m, n, h, w), observed: (n, h, w), scaled.
    """
    mask = region_masks(target, observed.shape[-1])["disk"]
    variance, error = (values[:, mask].ravel() for values in spread_and_error(members, observed))
    bins = np.array_split(np.argsort(np.sqrt(variance)), n_bins)
    rows = [(target, np.sqrt(variance[b].mean()), np.sqrt(error[b].mean()), len(b)) for b in bins]
    return pd.DataFrame(rows, columns=["target", "spread", "error", "pixels"])


def summarize_scores(scores, by=("method", "target", "region")):
    """Mean of each score over the images, and its standard deviation: columns psnr, psnr_sd, ssim, ssim_sd, ..."""
    groups = scores.groupby(list(by), sort=False)[[name for name in (*SCORES, "flux_error") if name in scores]]
    mean, sd = groups.mean(), groups.std(ddof=1)
    table = mean.join(sd.add_suffix("_sd"))
    return table[[name for column in mean for name in (column, f"{column}_sd")]].reset_index()
