"""Study 2: STIX X-ray flare images through frozen encoders (Drozdova et al. 2024)."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
