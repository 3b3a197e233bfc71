from .encode import encode_images as encode_images
from .encode import encode_timed as encode_timed
from .encode import patch_tokens as patch_tokens
from .handcrafted import moments as moments
from .handcrafted import pixels as pixels
from .registry import Encoder as Encoder
from .registry import create_encoder as create_encoder
from .registry import list_encoders as list_encoders
from .specs import EncoderSpec as EncoderSpec
from .specs import encoder_spec as encoder_spec

__all__ = [
    "Encoder",
    "EncoderSpec",
    "create_encoder",
    "encode_images",
    "encode_timed",
    "encoder_spec",
    "list_encoders",
    "moments",
    "patch_tokens",
    "pixels",
]
