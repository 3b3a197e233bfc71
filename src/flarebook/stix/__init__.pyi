from .clustering.anomalies import forest_scores as forest_scores
from .clustering.clusters import cluster as cluster
from .clustering.clusters import principal_components as principal_components
from .clustering.retrieval import nearest as nearest
from .clustering.tsne import tsne_map as tsne_map
from .imaging.back_projection import back_project as back_project
from .imaging.clean import clean as clean
from .imaging.pipeline import image_flare as image_flare
from .imaging.source_model import Component as Component
from .imaging.source_model import render as render
from .imaging.source_model import visibilities_of as visibilities_of
from .imaging.visibilities import Visibilities as Visibilities
from .maps.client import map_fetcher as map_fetcher
from .maps.fits_map import read_map as read_map
from .maps.preprocess import normalise as normalise
from .maps.samples import read_visibilities as read_visibilities
from .maps.samples import real_visibilities as real_visibilities
from .simulation.population import draw_events as draw_events
from .simulation.population import select_images as select_images
from .simulation.simulate import prepare as prepare
from .simulation.simulate import simulate_archive as simulate_archive

__all__ = [
    "Component",
    "Visibilities",
    "back_project",
    "clean",
    "cluster",
    "draw_events",
    "forest_scores",
    "image_flare",
    "map_fetcher",
    "nearest",
    "normalise",
    "prepare",
    "principal_components",
    "read_map",
    "read_visibilities",
    "real_visibilities",
    "render",
    "select_images",
    "simulate_archive",
    "tsne_map",
    "visibilities_of",
]
