"""All ways of translation on the same dates: networks, trivial ones, latent diffusion, the autoencoder's ceiling."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from flarebook.compendium.errors import InputError
from flarebook.evaluation.claims import assess_pairs
from flarebook.learning.device import chosen_device
from flarebook.solarchip.datasets.archive import scale_archive
from flarebook.solarchip.datasets.splits import subsample_evenly
from flarebook.solarchip.datasets.standardization import training_scale
from flarebook.solarchip.images.binning import bin_images
from flarebook.solarchip.images.channels import channel_index
from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.images.scaling import unscale_channel
from flarebook.solarchip.translation import comparison, pix2pix, unet
from flarebook.solarchip.translation import scores as translation_scores
from flarebook.solarchip.translation.latent_space import clip_to_range
from flarebook.solarchip.translation.scores import absolute
from flarebook.solarchip.translation.train import AIA
from flarebook.solarchip.translation.translator import translate_images

DIRECT = {("hmi",): AIA, AIA: ("hmi", "|hmi|")}  # sources -> targets; the field is learned with and without its sign


TARGETS = (*AIA, "hmi", "|hmi|")


MEAN, POLYNOMIAL, UNET, GAN = "mean image", "polynomial", "U-Net", "pix2pix"


ONE, MANY, RECONSTRUCTION = "diffusion, one image", "diffusion, mean", "autoencoder alone"


KEYS = {UNET: "unet", MEAN: "mean-image", ONE: "diffusion-one", MANY: "diffusion-mean", RECONSTRUCTION: "autoencoder"}


KEYS["|hmi|"] = "abs-hmi"


SIMPLER = (POLYNOMIAL, UNET, GAN)  # what the diffusion has to beat


METHODS = (MEAN, POLYNOMIAL, UNET, GAN, ONE, MANY, RECONSTRUCTION)


def select_target(images, channel):
    """Scaled images of a channel, or of "|hmi|", the field without its sign: (n, 11, h, w) -> (n, h, w)."""
    return absolute(images[:, channel_index("hmi")]) if channel == "|hmi|" else images[:, channel_index(channel)]


def stack_channels(images, channels):
    """Scaled images of several channels, (n, k, h, w) float32."""
    return np.stack([select_target(images, channel) for channel in channels], axis=1).astype(np.float32)


def direct_translations(train, test, unet_config, pix2pix_config, rng, device="auto", width=16):
    """Translations without a latent space: {method: {target: (n, h, w)}}.

    train, test: (n, 11, h, w) scaled; unet_config, pix2pix_config: TrainingConfig of the U-Net and of pix2pix.
    """
    made, device = {method: {} for method in (MEAN, POLYNOMIAL, UNET, GAN)}, chosen_device(device)
    for sources, targets in DIRECT.items():
        seen, wanted, new = (
            stack_channels(train, sources),
            stack_channels(train, targets),
            stack_channels(test, sources),
        )
        plain = np.abs if sources == ("hmi",) else np.asarray  # a polynomial has no use for the sign
        results = network_translations(seen, wanted, new, unet_config, pix2pix_config, device, width)
        results[MEAN] = comparison.mean_image(wanted, len(new))
        results[POLYNOMIAL] = comparison.polynomial(plain(seen), wanted, plain(new), rng)
        for method, images in results.items():
            made[method] |= {target: clip_to_range(images[:, place], target) for place, target in enumerate(targets)}
    return made


def network_translations(seen, wanted, new, unet_config, pix2pix_config, device="cpu", width=16):
    """What the U-Net and pix2pix make of new sources: {method: (n, t, h, w)} scaled.

    seen: (n_train, s, h, w), wanted: (n_train, t, h, w), new: (n, s, h, w), scaled.  Both networks see and draw
    departures from the training dates' mean images, each channel in units of its own.
    """
    sources, targets = training_scale(seen), training_scale(wanted)
    pairs = sources.standardize(seen), targets.standardize(wanted)
    networks = {
        UNET: unet.train_unet(*pairs, unet_config, width, device=device)[0],
        GAN: pix2pix.train_pix2pix(*pairs, pix2pix_config, width, device=device)[0],
    }
    return {name: targets.restore(unet.predict_images(net, sources.standardize(new))) for name, net in networks.items()}


def sample_members(translator, test, n_members, n_inference_steps, seed):
    """Members of the diffusion for each target, {target: (n_members, n, h, w)}, the field without its sign as well."""
    members = {
        target: translate_images(translator, test, target, n_members, n_inference_steps, seed)
        for target in translator.diffusion.shape.targets
    }
    return members | ({"|hmi|": absolute(members["hmi"])} if "hmi" in members else {})


def ensemble_translations(members):
    """Two translations of an ensemble: its first image, and the mean of all; {method: {target: (n, h, w)}}."""
    return {
        ONE: {target: images[0] for target, images in members.items()},
        MANY: {target: images.mean(axis=0) for target, images in members.items()},
    }


def reconstructions(space, test, targets):
    """What the autoencoder alone makes of the observed targets: {CEILING: {target: (n, h, w)}}."""
    made = {target: space.reconstruct(test[:, channel_index(target)], target) for target in targets}
    return {RECONSTRUCTION: made | ({"|hmi|": absolute(made["hmi"])} if "hmi" in made else {})}


def score_translations(translations, test):
    """Scores of all translations: DataFrame with method, image, target, region, the scores, and flux_error of |hmi|.

    translations: {method: {target: (n, h, w)}}; test: (n, 11, h, w) scaled.
    """
    parts = []
    for method, made in translations.items():
        for target, images in made.items():
            rows = translation_scores.score_translation(images, select_target(test, target), target).assign(
                method=method
            )
            if target == "|hmi|":
                rows["flux_error"] = translation_scores.flux_errors(np.clip(images, 0, 1), select_target(test, target))
            parts.append(rows)
    return pd.concat(parts, ignore_index=True)


def flux_table(translations, test):
    """Unsigned flux of each date in Mx: DataFrame with method, image, observed and translated."""
    true = translation_scores.strong_flux(unscale_channel(select_target(test, "|hmi|"), "hmi"))
    parts = []
    for method, made in translations.items():
        flux = translation_scores.strong_flux(unscale_channel(np.clip(made["|hmi|"], 0, 1), "hmi"))
        parts.append(pd.DataFrame({"method": method, "image": range(len(true)), "observed": true, "translated": flux}))
    return pd.concat(parts, ignore_index=True)


def block_means(scores, method, target, score, n_blocks=8, region="disk"):
    """Mean score of a method in blocks of successive test dates, (n_blocks,): what a paired interval is made of."""
    chosen = scores[(scores["method"] == method) & (scores["target"] == target) & (scores["region"] == region)]
    values = chosen.sort_values("image")[score].to_numpy()
    return np.array([np.nanmean(part) for part in np.array_split(values, min(n_blocks, len(values)))])


def split_images(images, split, n_test, side=None):
    """Scaled training dates and at most n_test of the test dates, evenly over them: (n, 11, side, side) float16 each.

    images: (n, 11, h, w) physical; split: (n,) of "train", "test" and others; side: pixels to which they are binned,
    default, as they come.  Raises InputError when a part is empty, or the side does not divide h.
    """
    images = images if side in (None, images.shape[-1]) else bin_images(images, side)
    split = np.asarray(split)
    rows = [np.flatnonzero(split == part) for part in ("train", "test")]
    if not all(map(len, rows)):
        raise InputError(f"{len(rows[0])} training and {len(rows[1])} test dates do not do: simulate more dates")
    return scale_archive(images[rows[0]]), scale_archive(images[subsample_evenly(rows[1], n_test)])


def metric_key(name):
    """Name of a method or target within a metric's name."""
    return KEYS.get(name, name)


def gated_metrics(table):
    """Numbers that a gate watches: (name, value, standard deviation over dates) of the scores on the disk.

    table: of `translation_scores.summary`.
    """
    for row in table[table["region"] == "disk"].to_dict("records"):
        for score in (*translation_scores.SCORES, "flux_error"):
            value = row.get(score, np.nan)
            if score != "ssim" and np.isfinite(value):
                yield f"{metric_key(row['method'])}.{metric_key(row['target'])}.{score}", value, row[f"{score}_sd"]


def calibration_table(members, test, space):
    """Calibration of each target's ensemble against the observed images, and against their reconstructions.

    members: {target: (m, n, h, w)}; space: LatentSpace.  Returns `translation_scores.calibration` with truth, a column.
    """
    parts = []
    reconstructed = reconstructions(space, test, [target for target in members if target != "|hmi|"])[RECONSTRUCTION]
    for target, images in members.items():
        for truth, wanted in (("observed", select_target(test, target)), ("reconstructed", reconstructed[target])):
            parts.append(translation_scores.calibration(images, wanted, target).assign(truth=truth))
    return pd.concat(parts, ignore_index=True)


def claim_rows(scores, references, score="psnr", n_blocks=8):
    """Rows of the verdict table: the mean of the diffusion against each of the references, for each target.

    scores: of `score_translations`; the field counts without its sign.
    """
    rows = []
    for reference in references:
        for target in (*AIA, "|hmi|"):
            ours, theirs = (block_means(scores, method, target, score, n_blocks) for method in (MANY, reference))
            what = f"diffusion against {reference}, to {target}"
            row = assess_pairs("3, translation", what, f"{score} [dB]", ours, theirs)
            rows.append(row | {"name": f"{metric_key(reference)}.{metric_key(target)}"})
    return rows


SAMPLE = 200_000  # pixels that the polynomial is fitted to


def mean_image(targets, n):
    """The mean of the training targets for each of n dates: (n, t, h, w); targets: (n_train, t, h, w) scaled."""
    return np.broadcast_to(np.asarray(targets, np.float32).mean(axis=0), (n, *targets.shape[1:]))


def polynomial(sources, targets, new_sources, rng, degree=3):
    """Targets as a polynomial of what the sources show in the same pixel, and of its distance from the disk's centre.

    sources, targets: (n_train, s, h, w) and (n_train, t, h, w), scaled; new_sources: (n, s, h, w).  The field enters
    without its sign where the source is HMI (give it so).  One least-squares fit on the disk, one off it.
    Returns (n, t, h, w) float32.
    """
    disk = Disk(sources.shape[-1])
    made = np.empty((len(new_sources), targets.shape[1], *sources.shape[2:]), np.float32)
    for mask in (disk.on, ~disk.on):
        values, wanted = _rows(sources, disk, mask), _columns(targets, mask)
        some = rng.choice(len(values), min(SAMPLE, len(values)), replace=False)
        model = make_pipeline(PolynomialFeatures(degree, include_bias=False), LinearRegression())
        model.fit(values[some], wanted[some])
        found = model.predict(_rows(new_sources, disk, mask)).astype(np.float32)
        made[:, :, mask] = found.reshape(len(new_sources), -1, targets.shape[1]).swapaxes(1, 2)
    return made


def _columns(images, mask):
    """Values of the masked pixels of all dates, one column per channel: (n pixels, channels)."""
    return np.asarray(images, np.float64)[:, :, mask].swapaxes(1, 2).reshape(-1, images.shape[1])


def _rows(sources, disk, mask):
    """What the polynomial sees of each masked pixel: the sources' values, and the distance from the disk's centre."""
    radius = np.tile(disk.radius[mask], len(sources))
    return np.column_stack([_columns(sources, mask), radius])
