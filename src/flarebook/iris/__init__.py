"""Study 1: Mg II h&k spectra before flares (Panos & Kleint 2020).

The names below are what a notebook or a script needs: reading rasters, ten features, the profile library, simulated
observations, classifiers and the real-time score.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
