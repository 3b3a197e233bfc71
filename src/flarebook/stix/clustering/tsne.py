"""A map of the images: features brought to the plane by t-SNE, and how far the plane can be trusted."""

import numpy as np
import openTSNE
from sklearn.manifold import trustworthiness

from flarebook.compendium.errors import InputError

PERPLEXITY = 30.0  # the poster's code passes one, but to the wrong place; 30 is scikit-learn's default, which acted
FEWEST_IMAGES = 10
MANY_IMAGES = 6000  # from here on the grid of the fast Fourier transform costs less than the tree of Barnes and Hut


def tsne_map(scores: np.ndarray, seed: int = 1, perplexity: float = PERPLEXITY, n_iter: int = 500) -> np.ndarray:
    """Embed images in the plane by t-SNE, so that images with similar features lie near each other.

    One thread and exact neighbours make the map a function of the seed.

    Parameters
    ----------
    scores : ndarray of shape (n_images, n_components)
        Features after principal components.
    seed : int
        Random seed.
    perplexity : float
        Effective number of neighbours, reduced to a third of the images where those are few.
    n_iter : int
        Number of iterations.

    Returns
    -------
    ndarray of shape (n_images, 2), float32
        Centred positions without unit.

    Raises
    ------
    InputError
        For fewer than ten images.

    References
    ----------
    van der Maaten & Hinton 2008; Policar et al. 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from flarebook import stix
    >>> stix.tsne_map(np.random.default_rng(1).normal(size=(30, 4)), n_iter=20).shape
    (30, 2)
    """
    if len(scores) < FEWEST_IMAGES:
        raise InputError(f"a map of {len(scores)} images says nothing: give {FEWEST_IMAGES} or more")
    model = openTSNE.TSNE(
        perplexity=min(perplexity, (len(scores) - 1) / 3),
        neighbors="exact",
        initialization="pca",
        negative_gradient_method="bh" if len(scores) < MANY_IMAGES else "fft",
        n_iter=n_iter,
        random_state=seed,
        n_jobs=1,
    )
    points = np.asarray(model.fit(np.asarray(scores, dtype=np.float64)))
    return (points - points.mean(axis=0)).astype(np.float32)


def trust(scores, points, n_neighbours=10, most_images=3000, seed=1):
    """How far neighbours on the map are neighbours among the features: 1 all of them, about .5 by chance.

    scores: (n_images, n_components); points: (n_images, 2).  Measured on at most most_images of them, drawn at random,
    because all pairs are compared.  Venna & Kaski 2001.
    """
    n_images = len(scores)
    rows = np.random.default_rng(seed).permutation(n_images)[:most_images]
    n_neighbours = min(n_neighbours, (len(rows) - 1) // 2)
    return float(trustworthiness(scores[rows], points[rows], n_neighbors=n_neighbours))


def thin_out(points, n_cells):
    """Images that can be drawn on the map without covering one another: one per cell of a grid, nearest to its centre.

    points: (n_images, 2); n_cells: along the longer side.  Returns (rows, centres (n, 2), side of a cell).
    """
    points = np.asarray(points, dtype=np.float64)
    low = points.min(axis=0)
    side = float((points.max(axis=0) - low).max()) / n_cells * (1 + 1e-9)
    cell = np.floor((points - low) / side).astype(int)
    centres = low + (cell + 0.5) * side
    distance = np.hypot(*(points - centres).T)
    order = np.lexsort((distance, cell[:, 1], cell[:, 0]))
    _, first = np.unique(cell[order], axis=0, return_index=True)
    rows = order[first]
    return rows, centres[rows], side
