"""From an image as observed to the standard grid in physical units, and on to a network's input."""

from flarebook.solarchip.passbands import scale, scale_channel, unscale, unscale_channel

__all__ = ["scale", "scale_channel", "unscale", "unscale_channel"]
