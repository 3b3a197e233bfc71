from .atmospheres.library import compare_with_library as compare_with_library
from .atmospheres.library import load_library as load_library
from .classifiers.ensemble import TrainingConfig as TrainingConfig
from .classifiers.ensemble import train_ensemble as train_ensemble
from .classifiers.inference import ensemble_scores as ensemble_scores
from .classifiers.inference import load_ensemble as load_ensemble
from .classifiers.realtime_score import score_file as score_file
from .classifiers.realtime_score import score_spectra as score_spectra
from .classifiers.splits import draw_splits as draw_splits
from .classifiers.splits import select_spectra as select_spectra
from .features.distributions import f_scores as f_scores
from .features.extract import extract_features as extract_features
from .features.extract import interpolate_profiles as interpolate_profiles
from .features.tables import feature_table as feature_table
from .mg2 import FEATURES as FEATURES
from .observations import find_observation as find_observation
from .observations import observation_table as observation_table
from .rasters.archive import fetch_raster as fetch_raster
from .rasters.raster import Raster as Raster
from .rasters.read import iter_exposures as iter_exposures
from .rasters.read import read_raster as read_raster
from .rasters.samples import real_raster as real_raster
from .rasters.write import write_raster as write_raster
from .simulation.dataset import build_dataset as build_dataset
from .simulation.observation import simulate_observation as simulate_observation

__all__ = [
    "FEATURES",
    "Raster",
    "TrainingConfig",
    "build_dataset",
    "compare_with_library",
    "draw_splits",
    "ensemble_scores",
    "extract_features",
    "f_scores",
    "feature_table",
    "fetch_raster",
    "find_observation",
    "interpolate_profiles",
    "iter_exposures",
    "load_ensemble",
    "load_library",
    "observation_table",
    "read_raster",
    "real_raster",
    "score_file",
    "score_spectra",
    "select_spectra",
    "simulate_observation",
    "train_ensemble",
    "write_raster",
]
