"""Study 3: contrastive pretraining on pairs of AIA images and HMI magnetograms of the same time (SolarCHIP)."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
