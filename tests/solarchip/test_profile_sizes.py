"""What a profile sets fits together: pictures can be cut, networks built, batches shared, without running anything."""

from itertools import product

import numpy as np
import pytest
import torch

from flarebook.compendium.workflow.parameters import known_parameters, profile_names, read_profile
from flarebook.solarchip.images.channels import AIA, CHANNELS
from flarebook.solarchip.images.grid import bin_images
from flarebook.solarchip.models.autoencoder import SIZES, create_autoencoder
from flarebook.solarchip.models.weights import weights_file_name
from flarebook.solarchip.pretraining.settings import PretrainingConfig, complete_config
from flarebook.solarchip.translation import diffusion, direct

pytestmark = pytest.mark.parametrize("profile", profile_names())
OF_SETTINGS = ("n_steps", "batch_size", "aia_per_step", "learning_rate", "micro_batches")


def values(profile, step):
    """Parameters of a notebook of study 3 under a profile, the defaults among them: {name: value}."""
    name = f"solarchip/{step}"
    known = {key: parameter["default"] for key, parameter in known_parameters(name).items()}
    return known | read_profile(profile).notebooks[name].parameters


def backbone_of(weights):
    """Name of the backbone of shipped weights, or of a file named as `pretrain` names it."""
    return {weights_file_name(name): name for name in SIZES}.get(weights.rpartition("/")[2], weights)


def tokens(name, side, sharing="two"):
    """A backbone at a side, without memory, and the tokens of one picture."""
    with torch.device("meta"):
        model = create_autoencoder(name, sharing, image=side)
        return model, model.encode(torch.zeros(1, 1, side, side), "171")


def images_of(sun, side):
    """Half of the images of a profile's Sun, fewer than those to train on, at a side; they take no memory."""
    return np.broadcast_to(np.float16(0), (sun["n_days"] // 2, len(CHANNELS), side, side))


def settings_of(given, backbone):
    """Settings of a training, of a notebook's parameters."""
    return PretrainingConfig(backbone, **{name: given[name] for name in OF_SETTINGS if name in given})


def test_the_brief_pretraining_can_begin_and_full_size_weights_see_the_images(profile):
    sun, given = values(profile, "1-simulated-sun"), values(profile, "2-pretrain")
    for name in given["backbones"]:
        model, found = tokens(name, sun["size"])
        assert found.patches.shape[1] == (sun["size"] // model.size.patch) ** 2 > 1
        assert model.decode_anomalies(found, "171").shape[-1] == sun["size"]
        complete_config(images_of(sun, sun["size"]), settings_of(given, name), folder="folder")
        assert SIZES[name].image == sun["size"], "its curves are compared with guessing among that many patches"
    assert 0 < given["aia_per_step"] <= len(AIA)
    for weights in given["weights"]:
        assert sun["size"] % SIZES[backbone_of(weights)].image == 0


def test_the_ablation_can_begin(profile):
    sun, given = values(profile, "1-simulated-sun"), values(profile, "3-probes-and-ablations")
    bin_images(np.zeros((1, 1, sun["size"], sun["size"]), np.float16), given["side"])
    for name, sharing in product(given["backbones"], ("two", *given["sharings"])):
        _, found = tokens(name, given["side"], sharing)
        assert found.patches.shape[1] > 4, "the intra term needs places to choose among"
        complete_config(images_of(sun, given["side"]), settings_of(given, name))
    assert given["side"] % 32 == 0, "pixels are compared in 8 x 8 blocks of 4 x 4 parts"
    assert 0 < given["aia_per_step"] <= len(AIA) and set(given["channels"]) <= set(AIA)


def test_the_ablation_fits_into_the_memory_that_its_job_asks_for(profile):
    sun, side = values(profile, "1-simulated-sun"), values(profile, "3-probes-and-ablations")["side"]
    held = sun["n_days"] * len(CHANNELS) * side**2 * (4 + 2)  # bytes: binned, and scaled
    assert held < 0.5e6 * read_profile(profile).notebooks["solarchip/3-probes-and-ablations"].memory_mb


def test_the_translator_can_be_built(profile):
    sun, given = values(profile, "1-simulated-sun"), values(profile, "5-translation")
    side = SIZES[backbone_of(given["weights"])].image
    assert sun["size"] % side == 0 and side % 16 == 0
    model, found = tokens(backbone_of(given["weights"]), side)
    with torch.device("meta"):
        latent = model.latent(torch.zeros(2, 1, side, side), "171")
        denoiser = diffusion.create_diffusion(
            diffusion.DiffusionShape(("171",), latent.shape[1], latent.shape[-1]), device="meta"
        )
        denoiser.add_branch("hmi", latent.shape[1])
        which = torch.zeros(2, dtype=torch.long)
        assert denoiser(latent, which, which, "hmi", latent).shape == latent.shape
        network = direct.create_unet(1, 3, device="meta")
        assert network(torch.zeros(1, 1, side, side)).shape == (1, 3, side, side)
