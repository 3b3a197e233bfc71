from .classes import class_to_flux as class_to_flux
from .classes import find_flares as find_flares
from .classes import flux_to_class as flux_to_class
from .flare_list import read_flare_list as read_flare_list
from .labels import label_days as label_days
from .xrs import read_xrs as read_xrs

__all__ = [
    "class_to_flux",
    "find_flares",
    "flux_to_class",
    "label_days",
    "read_flare_list",
    "read_xrs",
]
