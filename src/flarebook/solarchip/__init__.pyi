from .datasets.real import find_images as find_images
from .datasets.real import real_days as real_days
from .datasets.simulated import simulate_sun as simulate_sun
from .datasets.splits import split_chronologically as split_chronologically
from .flares.scores import score_forecast as score_forecast
from .images.jsoc import fetch_days as fetch_days
from .images.prepare import prepare_image as prepare_image
from .images.read import read_image as read_image
from .images.scaling import scale_images as scale_images
from .images.scaling import unscale_images as unscale_images
from .models.embeddings import embed_images as embed_images
from .models.weights import load_encoder as load_encoder
from .representation.retrieval import date_recall as date_recall
from .translation.scores import score_translation as score_translation
from .translation.translator import load_translator as load_translator
from .translation.translator import translate_images as translate_images

__all__ = [
    "date_recall",
    "embed_images",
    "fetch_days",
    "find_images",
    "load_encoder",
    "load_translator",
    "prepare_image",
    "read_image",
    "real_days",
    "scale_images",
    "score_forecast",
    "score_translation",
    "simulate_sun",
    "split_chronologically",
    "translate_images",
    "unscale_images",
]
