"""What encoders make of the images: colours of patches, likeness between encoders, the price of a smaller input."""

from itertools import product

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from flarebook.encoders.encode import encode_timed, patch_tokens
from flarebook.encoders.registry import create_encoder
from flarebook.stix.clustering.anomalies import neighbour_distance
from flarebook.stix.clustering.cluster_quality import appearance
from flarebook.stix.clustering.clusters import principal_components
from flarebook.stix.clustering.probes import SCORES, probe
from flarebook.stix.simulation.artefacts import display_name


def patch_colours(encoder, images):
    """First three principal components of the patches' tokens as red, green and blue: (n, rows, columns, 3), 0 to 1.

    The components are those of all given images together, so that a colour means the same in each of them; each is
    stretched from its 2nd to its 98th percentile.  Oquab et al. 2023, figure 1.
    """
    tokens = patch_tokens(encoder, images)
    parts = PCA(3, svd_solver="full").fit_transform(tokens.reshape(-1, tokens.shape[-1]))
    low, high = np.percentile(parts, [2, 98], axis=0)
    return np.clip((parts - low) / (high - low), 0, 1).reshape(*tokens.shape[:3], 3)


def kernel_alignment(features):
    """How alike encoders are: linear centred kernel alignment of each pair, 1 when one is a rotation of the other.

    features: {encoder: (n, d)} of the same images.  Returns a DataFrame (encoders x encoders), 0 to 1.
    Kornblith et al. 2019, equation 5 (linear kernel).
    """
    grams = {}
    for name, values in features.items():
        centred = values - values.mean(axis=0, dtype=np.float64)
        gram = centred @ centred.T
        grams[name] = gram / np.linalg.norm(gram)
    table = [[float((one * other).sum()) for other in grams.values()] for one in grams.values()]
    return pd.DataFrame(table, index=list(grams), columns=list(grams))


def by_size(name, images, sizes, options, batch_size):
    """Features of the same images at several input sizes: ({size: (n, d)}, {size: seconds per image}).

    name: of ENCODERS; options: for `encoders.create`, without input_size.  The time is that of the fastest batch, which
    other work on the machine disturbed least.
    """
    features, seconds = {}, {}
    for size in sizes:
        encoder = create_encoder(name, **{**options, "input_size": size})
        batches = [encode_timed(encoder, images[i : i + batch_size]) for i in range(0, len(images), batch_size)]
        features[size] = np.concatenate([values for values, _ in batches])
        seconds[size] = min(per_image for _, per_image in batches)
    return features, seconds


def size_scores(features, targets, seed, n_folds):
    """What the probes read from the features of each input size, one score per target (probes.SCORES).

    features: {size: (n, d)}; targets: of `probes.targets`.  Returns a DataFrame: size, target, probe, mean, sd, n.
    """
    rows = []
    with threadpool_limits(1):  # the probes' matrices are small: more threads wait for one another
        for size, name in product(features, targets):
            table = probe(features[size], targets[name], seed, n_folds)
            table = table[table["score"] == SCORES[name]]
            for kind, found in table.groupby("probe")["value"]:
                rows.append((size, name, kind, found.mean(), found.std(), len(found)))
    return pd.DataFrame(rows, columns=["size", "target", "probe", "mean", "sd", "n"])


def seen_as(records):
    """What an expert would call each image: its artefact, else its kind; "real" for real ones: (n,) of str."""
    words = appearance(records).where(records["origin"] != "real", "real")
    return words.fillna("").map(display_name).to_numpy(dtype=object)


def examples(records, n):
    """Rows of n telling images: real ones first, then one of each thing an expert would call an image.

    Of the same name the one of most counts stands for all.  Where nothing is known, images evenly along the table.
    """
    names = seen_as(records)
    real = np.flatnonzero(names == "real")[-n:]
    brightest = np.argsort(-records["counts_per_detector"].fillna(0).to_numpy(), kind="stable")
    first = pd.Series(brightest, index=names[brightest]).drop(["real", ""], errors="ignore")
    first = first[~first.index.duplicated()]
    common = [first[name] for name in pd.Series(names).value_counts().index if name in first.index]
    spare = np.linspace(0, len(records) - 1, n).astype(int)
    return np.array(list(dict.fromkeys([*real, *common, *spare]))[:n])


def nearest_to(features, row, n, variance=0.95):
    """The image itself and the n nearest to it, nearest first: (1 + n,) rows.

    features: (n_images, d), compared by Euclidean distance in their principal components of so much variance.
    """
    space = principal_components(features, variance)
    order = np.argsort(np.linalg.norm(space - space[row], axis=1), kind="stable")
    return np.concatenate([[row], order[order != row][:n]])


def place_among(features, own, n, variance=0.95):
    """Place of one more image among the others: rows of the n nearest, and share of the others with nearer neighbours.

    features: (n_images, d); own: (d,).  Distances in the principal components of the others.  A share near 1 says that
    the image is farther from its neighbours than nearly all others are from theirs.
    """
    components = PCA(variance, svd_solver="full").fit(features)
    space, place = components.transform(features), components.transform(np.asarray(own)[None])
    order = np.argsort(np.linalg.norm(space - place, axis=1), kind="stable")
    distances = neighbour_distance(space, np.concatenate([space, place]), n)
    return order[:n], float(np.mean(distances[:-1] < distances[-1]))
