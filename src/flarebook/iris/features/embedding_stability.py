"""Do t-SNE and UMAP give the same map from another start?  Repeated maps and measures of their agreement."""

import importlib
import itertools
import sys

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from scipy.spatial import procrustes
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from flarebook.iris.features.distributions import standardise_features
from flarebook.iris.features.embedding import NEIGHBOURS, separability, tsne_map


def umap_map(features, seed, n_neighbors=NEIGHBOURS):
    """UMAP of spectra from a random start.

    features: (n_spectra, 10), any scale.  Returns (n_spectra, 2), no physical unit.  McInnes et al. 2018.
    """
    # UMAP's variant with a neural network would import TensorFlow and torchvision; it is not used.
    sys.modules.setdefault("umap.parametric_umap", None)
    umap = importlib.import_module("umap")
    model = umap.UMAP(n_neighbors=n_neighbors, init="random", random_state=seed, n_jobs=1)
    return np.asarray(model.fit_transform(standardise_features(features)), dtype=float)


def repeated_maps(features, perplexity, seeds, n_workers=2):
    """t-SNE maps at one perplexity and UMAP maps, each from several random starts.

    features: (n_spectra, 10).  Returns {"t-SNE": list of (n_spectra, 2), "UMAP": the same}, in the order of seeds.
    """
    tsne = Parallel(n_jobs=n_workers)(delayed(tsne_map)(features, perplexity, seed, "random") for seed in seeds)
    return {"t-SNE": tsne, "UMAP": [umap_map(features, seed) for seed in seeds]}


def nearest_on_map(points, n=NEIGHBOURS):
    """Index of the n nearest other points of each point, (n_points, n)."""
    return NearestNeighbors(n_neighbors=n).fit(points).kneighbors(return_distance=False)


def common_neighbours(first, second, n=NEIGHBOURS):
    """Mean share of a point's n nearest neighbours on one map that are among them on the other: 1 for equal maps.

    Two unrelated maps share n / (n_points - 1) of them.
    """
    pairs = zip(nearest_on_map(first, n), nearest_on_map(second, n), strict=True)
    return float(np.mean([len(np.intersect1d(*pair)) / n for pair in pairs]))


def map_agreement(maps, features):
    """How true maps are to the features, and how alike maps of different starts are.

    maps: {method: list of (n, 2)}; features: (n, 10).  Returns method, measure, mean, sd, n.  trustworthiness: 1 when
    near points on the map are near in the features (Venna & Kaski 2001); common_neighbours: of two starts; procrustes:
    disparity of two starts after shift, rotation and scaling, 0 when they coincide.
    """
    standard = standardise_features(features)
    rows = []
    for method, own in maps.items():
        pairs = list(itertools.combinations(own, 2))
        measures = {
            "trustworthiness": [trustworthiness(standard, points, n_neighbors=NEIGHBOURS) for points in own],
            "common_neighbours": [common_neighbours(*pair) for pair in pairs],
            "procrustes": [procrustes(*pair)[2] for pair in pairs],
        }
        rows += [(method, name, np.mean(values), np.std(values), len(values)) for name, values in measures.items()]
    return pd.DataFrame(rows, columns=["method", "measure", "mean", "sd", "n"])


def common_between_methods(maps):
    """Mean and standard deviation of the neighbours that a map of one method shares with each map of the other."""
    first, second = maps.values()
    shares = [common_neighbours(*pair) for pair in itertools.product(first, second)]
    return float(np.mean(shares)), float(np.std(shares))


def separability_by_start(maps, is_positive, observations):
    """Separability of each map, by points of other observations: columns method, start, knn_across_observations."""
    rows = [
        (method, start, separability(points, is_positive, observations))
        for method, own in maps.items()
        for start, points in enumerate(own)
    ]
    return pd.DataFrame(rows, columns=["method", "start", "knn_across_observations"])
