"""The poster's mosaic: small images ordered by cluster, clusters ordered by brightness."""

from typing import NamedTuple

import matplotlib
import numpy as np
from PIL import Image

from flarebook.compendium.appearance.palette import REAL
from flarebook.compendium.errors import InputError

COLOUR_MAPS = {"4-10": "inferno", "16-28": "viridis"}  # by band, keV; poster, central figure
N_COLUMNS = 33  # complete columns of the poster's mosaic
PER_CLUSTER = 37  # images of one cluster at most; the authors' code
BRIGHTNESS_SIZE = 40  # pixels to which the authors' code shrinks an image before it takes the mean


class Tile(NamedTuple):
    """One place of the mosaic: cluster, and row of the image in the archive, None for the tile with the number."""

    cluster: int
    row: int | None


def shrink(images, size):
    """Images at another size: (n, h, w) uint8 to (n, size, size) uint8, averaged over the pixels that fall together."""
    shrunk = [np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.LANCZOS)) for image in images]
    return np.array(shrunk, dtype=np.uint8).reshape(-1, size, size)


def coloured(images, bands):
    """Images in the poster's colours, inferno for 4-10 keV and viridis for 16-28 keV, north up.

    images: (n, h, w) uint8, row 0 south; bands: (n,), "4-10" or "16-28"; another band is shown in grey.
    Returns (n, h, w, 3) uint8.
    """
    found = np.repeat(np.asarray(images)[:, ::-1, :, None], 3, axis=3)
    for band, name in COLOUR_MAPS.items():
        chosen = np.asarray(bands) == band
        found[chosen] = lookup_table(name)[found[chosen][..., 0]]
    return found


def lookup_table(name):
    """Colours of a matplotlib colour map: (256, 3) uint8."""
    return (matplotlib.colormaps[name](np.arange(256))[:, :3] * 255).round().astype(np.uint8)


def cluster_colour(cluster):
    """Colour of a cluster's borders, a colour of tab20b as hexadecimal text.

    Steps of seven, because neighbouring colours of tab20b are shades of one hue.
    """
    return matplotlib.colors.to_hex(matplotlib.colormaps["tab20b"]((7 * int(cluster)) % 20))


def brightness(images):
    """Mean of each image at 40 x 40 pixels: (n,), in grey levels from 0 to 255."""
    return shrink(images, BRIGHTNESS_SIZE).mean(axis=(1, 2))


def brightness_order(values, labels, first):
    """Clusters in the poster's order: the first, then always the unused one of the nearest mean brightness.

    values: (n_images,) brightness; labels: (n_images,) cluster numbers; first: cluster to start with.
    Returns a list of cluster numbers.  Raises InputError when the first is no cluster.
    Poster, central figure; the rule stands in the authors' code.
    """
    mean = {int(number): float(values[labels == number].mean()) for number in np.unique(labels)}
    if first not in mean:
        raise InputError(f"the mosaic cannot start with cluster {first}: choose one of {sorted(mean)}")
    order = [int(first)]
    while len(order) < len(mean):
        left = [number for number in mean if number not in order]
        order.append(min(left, key=lambda number: abs(mean[number] - mean[order[-1]])))
    return order


def tiles(values, labels, order, rng, per_cluster=PER_CLUSTER, wanted=()):
    """Tiles of the mosaic: for each cluster its number, then at most per_cluster images from dark to bright.

    values: (n_images,) brightness; labels: (n_images,); order: of the clusters; wanted: rows that must not be left out.
    Returns a list of Tile.
    """
    found = []
    for cluster in order:
        members = np.flatnonzero(labels == cluster)
        drawn = members[np.argsort(rng.random(len(members)) - np.isin(members, wanted), kind="stable")[:per_cluster]]
        found.append(Tile(cluster, None))
        found += [Tile(cluster, int(row)) for row in drawn[np.argsort(values[drawn], kind="stable")]]
    return found


def compose(tile_list, images, marked=(), border=2, n_columns=N_COLUMNS):
    """Paint the tiles side by side, each in a border of its cluster's colour; tiles with a number stay plain.

    images: {row: (size, size, 3) uint8}; marked: rows whose border has the colour of real images.
    Returns (n_rows * side, n_columns * side, 3) uint8 with side = size + 2 border, white where no tile is.
    """
    size = len(next(iter(images.values())))
    side = size + 2 * border
    canvas = np.full((-(-len(tile_list) // n_columns) * side, n_columns * side, 3), 255, dtype=np.uint8)
    for place, tile in enumerate(tile_list):
        y, x = place // n_columns * side, place % n_columns * side
        colour = REAL if tile.row in marked and tile.row is not None else cluster_colour(tile.cluster)
        canvas[y : y + side, x : x + side] = np.round(np.array(matplotlib.colors.to_rgb(colour)) * 255)
        if tile.row is not None:
            canvas[y + border : y + border + size, x + border : x + border + size] = images[tile.row]
    return canvas
