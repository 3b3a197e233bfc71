"""The SolarCHIP model: autoencoders of the modalities, one space in which their tokens are compared."""

from dataclasses import replace

import torch
from torch import nn
from torch.nn.functional import normalize

from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.scaling import scale_channel
from flarebook.solarchip.models.backbones import CnnSize, VitSize, unpatchify
from flarebook.solarchip.models.embeddings import encode_batches
from flarebook.solarchip.models.losses import FIRST_SCALE, LARGEST_SCALE, TERMS

SIZES = {
    "vit-tiny": VitSize(image=128, patch=16, width=96, depth=3, heads=4, projection=64),
    "vit-mini": VitSize(image=32, patch=8, width=16, depth=1, heads=2, projection=8),  # for tests
    "vit-paper": VitSize(image=1024, patch=64, width=768, depth=6, heads=8, projection=512),
    "cnn-tiny": CnnSize(128, patch=16, stem=4, base=16, multipliers=(1, 2), residual_blocks=1, projection=64),
    "cnn-mini": CnnSize(32, patch=8, stem=2, base=4, multipliers=(1, 2), residual_blocks=1, projection=8),  # for tests
    "cnn-paper": CnnSize(1024, patch=64, stem=1, base=16, multipliers=(1, 2, 2, 2), residual_blocks=4, projection=512),
}
KINDS = {"vit": "transformer", "cnn": "convolutions"}  # of backbones, by the first word of their names
SHARING = {
    "two": {channel: "hmi" if channel == "hmi" else "aia" for channel in CHANNELS},
    "one": dict.fromkeys(CHANNELS, "sun"),
    "separate": {channel: channel for channel in CHANNELS},
}  # name -> {channel: autoencoder}


def backbone_kind(name):
    """Kind of a backbone, by which metrics and texts call it in all sizes: "vit-tiny" -> "transformer"."""
    return KINDS[name.split("-")[0]]


def create_autoencoder(name, sharing="two", seed=1, image=None):
    """An untrained SolarCHIP model on the CPU.

    name: of `SIZES`; sharing: "two" autoencoders (HMI, and all AIA channels), "one" for all, or "separate" ones for the
    eleven channels; image: pixels along a side, default those of the size.  InputError for what is unknown, and for a
    side that is no multiple of the patch.
    """
    if name not in SIZES or sharing not in SHARING:
        raise InputError(
            f"there is no backbone {name!r} with sharing {sharing!r}: sizes are {', '.join(SIZES)}, "
            f"sharing is {', '.join(SHARING)}"
        )
    size = replace(SIZES[name], image=SIZES[name].image if image is None else image)
    if size.image < 1 or size.image % size.patch:
        raise InputError(
            f"a image of {size.image} x {size.image} pixels cannot be cut into patches of {size.patch} for {name}: "
            f"take a multiple of {size.patch}, such as {max(1, round(size.image / size.patch)) * size.patch}"
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return SolarChip(name, size, sharing)


class SolarChip(nn.Module):
    """Autoencoders whose class and patch tokens are compared between HMI and AIA by projected unit vectors.

    name: of `SIZES`; size: its shape; sharing: of `SHARING`.  Images are scaled ones, about -1 to 1.
    """

    def __init__(self, name, size, sharing):
        super().__init__()
        self.name, self.size, self.sharing = name, size, sharing
        self.group_of = SHARING[sharing]
        groups = list(dict.fromkeys(self.group_of.values()))
        self.encoders = nn.ModuleDict({group: size.encoder() for group in groups})
        self.decoders = nn.ModuleDict({group: size.decoder() for group in groups})
        self.project_cls, self.project_patch = (nn.Linear(n, size.projection, bias=False) for n in size.widths)
        self.log_scales = nn.ParameterDict({term: nn.Parameter(torch.tensor(FIRST_SCALE)) for term in TERMS})
        self.register_buffer("mean", torch.zeros(len(CHANNELS), size.image, size.image))
        self.register_buffer("deviation", torch.ones(len(CHANNELS)))

    def predict_anomalies(self, mean, deviation):
        """From now on draw each channel's departure from its mean image, in units of its usual departure.

        mean: (11, image, image), deviation: (11,), arrays, channels in the order of CHANNELS.
        """
        self.mean.copy_(torch.as_tensor(mean))
        self.deviation.copy_(torch.as_tensor(deviation))

    def encode(self, images, channel):
        """Tokens of images of a channel; channels that share an encoder may be mixed in a batch.

        images: (b, 1, image, image).  Raises InputError for an unknown channel and images of another size.
        """
        side = self.size.image
        if tuple(images.shape[1:]) != (1, side, side):
            raise InputError(
                f"{self.name} wants images (n, 1, {side}, {side}) and got {tuple(images.shape)}: prepare them "
                f"at that size, or create the backbone with image= a multiple of the patch of {self.size.patch}"
            )
        return self.encoders[self.group(channel)](images)

    def group(self, channel):
        """Name of the autoencoder of a channel.  InputError for an unknown channel."""
        if channel not in self.group_of:
            raise InputError(f"there is no channel {channel!r}: known are {', '.join(CHANNELS)}")
        return self.group_of[channel]

    def project(self, tokens):
        """Unit vectors in which modalities are compared: class (b, p) and patches (b, L, p), in single precision."""
        cls, patches = self.project_cls(tokens.cls), self.project_patch(tokens.patches)
        return normalize(cls.float(), dim=-1), normalize(patches.float(), dim=-1)

    def decode(self, tokens, channel):
        """Images (b, 1, image, image) of a channel, drawn from the patch tokens alone."""
        return self.decode_latent(unpatchify(tokens.patches, self.size.cell), channel)

    def decode_anomalies(self, tokens, channel):
        """Departures (b, 1, image, image) that the decoder of a channel draws from the patch tokens."""
        return self.decoders[self.group(channel)](unpatchify(tokens.patches, self.size.cell))

    def latent(self, images, channel):
        """Latents (b, c, h, w): the patch tokens in their places."""
        return unpatchify(self.encode(images, channel).patches, self.size.cell)

    def decode_latent(self, latent, channel):
        """Images (b, 1, image, image) of a channel from latent ones (b, c, h, w)."""
        drawn, place = self.decoders[self.group(channel)](latent), CHANNELS.index(channel)
        return drawn * self.deviation[place] + self.mean[place]

    def standardize(self, images, channels):
        """What the decoders are to draw of images (b, k, image, image) of the k channels, in the same shape."""
        places = [CHANNELS.index(channel) for channel in channels]
        return (images - self.mean[places]) / self.deviation[places][:, None, None]

    def features(self, images, channel, batch_size=64):
        """Class tokens (n, d), float32, of images of one channel as they come: the extractor for other work.

        images: (n, h, w) in G or DN/s on the standard grid of `prepare`.  Raises InputError for pixels without a value.
        """
        parts = encode_batches(self, scale_channel(images, channel), channel, batch_size)
        return torch.cat([tokens.cls for tokens in parts]).float().cpu().numpy()

    def clamp_scales(self):
        """Keep the learned scales at most 100, after a step of the optimiser, as CLIP does."""
        with torch.no_grad():
            for scale in self.log_scales.values():
                scale.clamp_(max=LARGEST_SCALE)
