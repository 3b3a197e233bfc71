"""Direct translation, without a latent space: mean image, polynomial, U-Net, and pix2pix.

pix2pix has an adversarial loss, which rewards images that a discriminator cannot tell from real ones.  Its objective is
that of Isola et al. 2017, in small: the U-Net of the direct regression, a discriminator of patches that sees source and
target, least squares in place of the logarithms (Mao et al. 2017), no dropout.
"""

import numpy as np
import torch
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures
from torch import nn
from torch.nn.functional import l1_loss, mse_loss

from flarebook.compendium.errors import InputError
from flarebook.learning.device import chosen_device
from flarebook.learning.training import adamw, descend, fit, sample_batches, training_loop
from flarebook.solarchip.datasets.archive import training_scale
from flarebook.solarchip.images.channels import AIA
from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.translation.latent_space import clip_to_range
from flarebook.solarchip.translation.scores import select_target
from flarebook.solarchip.translation.translator import FIELD_SOURCES

MEAN, POLYNOMIAL, UNET, GAN = "mean image", "polynomial", "U-Net", "pix2pix"
# sources -> targets; one network for all ten channels, and the field is learned with and without its sign
DIRECT = {("hmi",): AIA, FIELD_SOURCES: ("hmi", "|hmi|")}
L1_WEIGHT = 100.0  # Isola et al. 2017, section 3.3
BETAS = (0.5, 0.999)  # of pix2pix's optimisers, as there
SAMPLE = 200_000  # pixels that the polynomial is fitted to


def direct_translations(train, test, unet_config, pix2pix_config, rng, device="auto"):
    """Translations without a latent space: {method: {target: (n, h, w)}}.

    train, test: (n, 11, h, w) scaled; unet_config, pix2pix_config: TrainingConfig of the U-Net and of pix2pix.
    """
    translations = {method: {} for method in (MEAN, POLYNOMIAL, UNET, GAN)}
    for sources, targets in DIRECT.items():
        seen, new = (stack_channels(images, sources) for images in (train, test))
        wanted = stack_channels(train, targets)
        unsigned = np.abs if sources == ("hmi",) else np.asarray  # a polynomial has no use for the sign
        predicted = network_translations(seen, wanted, new, unet_config, pix2pix_config, chosen_device(device))
        predicted[MEAN] = mean_image(wanted, len(new))
        predicted[POLYNOMIAL] = polynomial(unsigned(seen), wanted, unsigned(new), rng)
        for method, images in predicted.items():
            translations[method] |= {target: clip_to_range(images[:, i], target) for i, target in enumerate(targets)}
    return translations


def stack_channels(images, channels):
    """Scaled images of several channels, (n, k, h, w) float32."""
    return np.stack([select_target(images, channel) for channel in channels], axis=1).astype(np.float32)


def network_translations(seen, wanted, new, unet_config, pix2pix_config, device="cpu", width=16):
    """Targets of new sources, predicted by the U-Net and by pix2pix: {method: (n, t, h, w)} scaled.

    seen: (n_train, s, h, w), wanted: (n_train, t, h, w), new: (n, s, h, w), scaled.  Both networks see and predict
    standardised anomalies of the training dates.
    """
    sources, targets = training_scale(seen), training_scale(wanted)
    pairs = sources.standardize(seen), targets.standardize(wanted)
    networks = {
        UNET: train_unet(*pairs, unet_config, width, device=device)[0],
        GAN: train_pix2pix(*pairs, pix2pix_config, width, device=device)[0],
    }
    return {name: targets.restore(predict_images(net, sources.standardize(new))) for name, net in networks.items()}


class UNet(nn.Module):
    """Encoder and decoder with skips, each level a strided convolution of 4 x 4, as the generator of pix2pix.

    Normalised by groups, since batches are small.  The last layer sees the source itself, at full resolution.
    Isola et al. 2017, section 3.2.1 and appendix.
    """

    def __init__(self, n_in, n_out, width=16, levels=4):
        super().__init__()
        sizes = [n_in, *(width * 2 ** min(level, 3) for level in range(levels))]
        self.down = nn.ModuleList(_level(nn.Conv2d, a, b) for a, b in zip(sizes, sizes[1:], strict=False))
        wide = [sizes[level + 1] * (1 if level == levels - 1 else 2) for level in range(levels)]  # with the skip
        narrow = [width // 2, *sizes[1:-1]]
        self.up = nn.ModuleList(_level(nn.ConvTranspose2d, wide[i], narrow[i]) for i in reversed(range(levels)))
        self.last = nn.Conv2d(width // 2 + n_in, n_out, 3, padding=1)
        self.levels = levels

    def forward(self, images):
        """(b, n_in, h, w) -> (b, n_out, h, w); sides are multiples of 2**levels."""
        kept = [images]
        for level in self.down:
            kept.append(level(kept[-1]))
        values = kept.pop()
        for level in self.up:
            values = torch.cat([level(values), kept.pop()], dim=1)
        return self.last(values)


def _level(convolution, n_in, n_out, activation=None):
    """A strided convolution, or its transpose, with normalisation and activation."""
    return nn.Sequential(convolution(n_in, n_out, 4, 2, 1), _norm(n_out), activation or nn.SiLU())


def _norm(n_channels):
    """Normalisation by groups of four channels or, where they are few, of all."""
    return nn.GroupNorm(max(1, n_channels // 4), n_channels)


def create_unet(n_in, n_out, seed=1, width=16, levels=4, device="cpu"):
    """A new U-Net with weights drawn from the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return UNet(n_in, n_out, width, levels).to(device, memory_format=torch.channels_last)


def create_discriminator(n_channels, seed=1, width=16, device="cpu"):
    """Return a network that scores patches of (source, target): (b, n_channels, h, w) -> (b, 1, h / 8, w / 8)."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Conv2d(n_channels, width, 4, 2, 1),
            nn.LeakyReLU(0.2),
            *(_level(nn.Conv2d, n, 2 * n, nn.LeakyReLU(0.2)) for n in (width, 2 * width)),
            nn.Conv2d(4 * width, 1, 3, padding=1),
        ).to(device, memory_format=torch.channels_last)


def train_unet(sources, targets, config, width=16, levels=4, device="cpu"):
    """U-Net that turns sources into targets with a small mean squared error, and its loss history.

    sources: (n, n_in, h, w), targets: (n, n_out, h, w), both scaled; config: TrainingConfig.
    Returns (UNet, (n_steps,)).  Raises InputError when the pairs do not match or the sides cannot be halved.
    """
    check_pairs(sources, targets, levels)
    network = create_unet(sources.shape[1], targets.shape[1], config.seed, width, levels, device)
    sources, targets = _as_tensor(sources), _as_tensor(targets)

    def loss(chosen, _):
        return mse_loss(network(sources[chosen].to(device)), targets[chosen].to(device))

    loss_history = fit(loss, list(network.parameters()), len(sources), config, "the U-Net")
    return network.eval(), loss_history


def train_pix2pix(sources, targets, config, width=16, levels=4, device="cpu", l1_weight=L1_WEIGHT):
    """Return a U-Net trained with a discriminator, and the history of both losses.

    sources: (n, n_in, h, w), targets: (n, n_out, h, w), both scaled; config: TrainingConfig.
    Returns (UNet, (n_steps, 2) of the U-Net's and the discriminator's loss).  Raises InputError when sources and
    targets do not match, and when a loss becomes NaN.
    """
    check_pairs(sources, targets, levels)
    n_in, n_out = sources.shape[1], targets.shape[1]
    generator = create_unet(n_in, n_out, config.seed, width, levels, device)
    discriminator = create_discriminator(n_in + n_out, config.seed, width, device)
    sources, targets = _as_tensor(sources), _as_tensor(targets)
    players = [(network, *adamw(list(network.parameters()), config, BETAS)) for network in (generator, discriminator)]
    batches = sample_batches(len(sources), config)

    def train_step(_):
        chosen, _ = next(batches)
        return _adversarial_step(players, sources[chosen].to(device), targets[chosen].to(device), l1_weight)

    rows = training_loop(train_step, config.n_steps, "pix2pix")
    return generator.eval(), np.array([(row["generator"], row["discriminator"]) for row in rows])


def _adversarial_step(players, sources, targets, l1_weight):
    """Take one step of each network; return the loss of each, {"generator": number, "discriminator": number}."""
    (generator, *its_optimiser), (discriminator, *other_optimiser) = players
    predicted = generator(sources)
    judged = discriminator(torch.cat([sources, predicted.detach()], dim=1))
    real = discriminator(torch.cat([sources, targets], dim=1))
    discriminator_loss = descend(0.5 * ((real - 1).square().mean() + judged.square().mean()), *other_optimiser)
    discriminator.requires_grad_(False)
    fooled = (discriminator(torch.cat([sources, predicted], dim=1)) - 1).square().mean()
    loss = descend(fooled + l1_weight * l1_loss(predicted, targets), *its_optimiser)
    discriminator.requires_grad_(True)
    return {"generator": loss, "discriminator": discriminator_loss}


def predict_images(network, sources, batch_size=16):
    """Targets of sources, (n, n_out, h, w) float32; sources: (n, n_in, h, w) scaled."""
    device = next(network.parameters()).device
    with torch.inference_mode():
        batches = [network(batch.to(device)).float().cpu() for batch in _as_tensor(sources).split(batch_size)]
    return torch.cat(batches).numpy()


def _as_tensor(images):
    """Images as a tensor of single precision on the CPU."""
    return torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32))


def check_pairs(sources, targets, levels=4):
    """Refuse sources and targets that are no pairs, or whose sides cannot be halved so often."""
    if len(sources) != len(targets) or sources.shape[2:] != targets.shape[2:]:
        raise InputError(
            f"sources of shape {sources.shape} and targets of shape {targets.shape} are no pairs: give the same dates "
            "at the same size"
        )
    if any(side % 2**levels for side in sources.shape[2:]):
        raise InputError(
            f"images of {sources.shape[2]} x {sources.shape[3]} pixels cannot be halved {levels} times: take a "
            f"multiple of {2**levels}"
        )


def mean_image(targets, n):
    """The mean of the training targets for each of n dates: (n, t, h, w); targets: (n_train, t, h, w) scaled."""
    return np.broadcast_to(np.asarray(targets, np.float32).mean(axis=0), (n, *targets.shape[1:]))


def polynomial(sources, targets, new_sources, rng, degree=3):
    """Targets as a polynomial of the sources' values in the same pixel and its distance from the disk's centre.

    sources, targets: (n_train, s, h, w) and (n_train, t, h, w), scaled; new_sources: (n, s, h, w).  The field enters
    without its sign where the source is HMI (give it so).  One least-squares fit on the disk, one off it.
    Returns (n, t, h, w) float32.
    """
    disk = Disk(sources.shape[-1])
    predicted = np.empty((len(new_sources), targets.shape[1], *sources.shape[2:]), np.float32)
    for mask in (disk.on, ~disk.on):
        values, wanted = _features(sources, disk, mask), _columns(targets, mask)
        sample = rng.choice(len(values), min(SAMPLE, len(values)), replace=False)
        model = make_pipeline(PolynomialFeatures(degree, include_bias=False), LinearRegression())
        model.fit(values[sample], wanted[sample])
        pixels = model.predict(_features(new_sources, disk, mask)).astype(np.float32)
        predicted[:, :, mask] = pixels.reshape(len(new_sources), -1, targets.shape[1]).swapaxes(1, 2)
    return predicted


def _columns(images, mask):
    """Values of the masked pixels of all dates, one column per channel: (n pixels, channels)."""
    return np.asarray(images, np.float64)[:, :, mask].swapaxes(1, 2).reshape(-1, images.shape[1])


def _features(sources, disk, mask):
    """The sources' values of each masked pixel, and its distance from the disk's centre."""
    radius = np.tile(disk.radius[mask], len(sources))
    return np.column_stack([_columns(sources, mask), radius])
