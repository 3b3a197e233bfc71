"""Solar flares as GOES and NOAA report them: X-ray fluxes, classes, flare lists and labels of days."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
