"""Both autoencoders: shapes, places, who shares an encoder, what is learnt, and what is refused."""

import numpy as np
import pytest
import torch

from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.scaling import scale_channel
from flarebook.solarchip.models.autoencoder import SIZES, create_autoencoder

MINI = ("vit-mini", "cnn-mini")


def suns(n=2, size=32, seed=1):
    """Noise of the size of scaled images, (n, 1, size, size)."""
    return torch.randn(n, 1, size, size, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", ["vit-tiny", "cnn-tiny"])
def test_tiny_backbones_have_64_patches_and_fit_ten_megabytes_in_half_precision(name):
    model = create_autoencoder(name)
    tokens = model.encode(suns(size=128), "hmi")
    assert tokens.cls.shape == (2, model.size.widths[0]) and tokens.patches.shape == (2, 64, model.size.widths[1])
    cls, patches = model.project(tokens)
    assert cls.shape == (2, 64) and patches.shape == (2, 64, 64)
    for vectors in (cls, patches):
        torch.testing.assert_close(vectors.norm(dim=-1), torch.ones(vectors.shape[:-1]))
    assert model.decode(tokens, "hmi").shape == (2, 1, 128, 128)
    assert 2 * sum(weight.numel() for weight in model.parameters()) < 10e6


@pytest.mark.parametrize("name", ["vit-paper", "cnn-paper"])
def test_paper_sizes_have_256_patches_of_the_width_that_the_paper_contrasts(name):
    size = SIZES[name]
    assert (size.image // size.patch) ** 2 == 256 and size.projection == 512
    with torch.device("meta"):
        assert (
            create_autoencoder(name, sharing="one").decode_latent(torch.empty(1, *latent_shape(size)), "171").shape[-1]
            == 1024
        )
    assert size.widths[1] == {"vit-paper": 768, "cnn-paper": 512}[name]


def latent_shape(size):
    """Channels, height and width of a size's latent."""
    side = size.image // size.patch * size.cell
    return size.widths[1] // size.cell**2, side, side


@pytest.mark.parametrize("name", MINI)
def test_latent_and_tokens_draw_the_same_sun(name):
    model = create_autoencoder(name)
    latent = model.latent(suns(), "193")
    assert tuple(latent.shape[1:]) == latent_shape(model.size)
    drawn = model.decode(model.encode(suns(), "193"), "193")
    torch.testing.assert_close(model.decode_latent(latent, "193"), drawn)


def test_a_patch_token_of_the_transformer_draws_the_pixels_of_its_own_patch():
    model = create_autoencoder("vit-mini")
    decoder = model.decoders["hmi"]
    decoder.blocks, decoder.positions.data = torch.nn.Identity(), torch.zeros_like(decoder.positions)
    tokens = model.encode(suns(n=1), "hmi")
    other = tokens.patches.clone()
    other[0, 6] = tokens.patches[0, 6].flip(0)  # second row of patches, third column
    changed = (model.decode(tokens._replace(patches=other), "hmi") - model.decode(tokens, "hmi")).abs()[0, 0] > 1e-6
    assert changed[8:16, 16:24].all() and changed.sum() == 64


@pytest.mark.parametrize("name", MINI)
def test_a_token_feels_most_what_lies_in_its_patch(name):
    pictures = suns(n=1).repeat(2, 1, 1, 1)
    pictures[1, 0, 8:16, 16:24] += 3  # second row of patches, third column
    felt = torch.zeros(16)
    for seed in range(8):  # one untrained row of convolutions may look aside
        patches = create_autoencoder(name, seed=seed).encode(pictures, "hmi").patches.detach()
        felt += (patches[1] - patches[0]).norm(dim=-1)
    assert felt.argmax() == 6


def test_the_transformer_knows_the_places_of_its_patches():
    model = create_autoencoder("vit-mini")
    tokens = model.encode(torch.zeros(1, 1, 32, 32), "hmi").patches[0].detach()
    distances = torch.cdist(tokens, tokens) + torch.eye(16)
    assert distances.min() > 1e-3
    drawn = model.decode_latent(torch.zeros(1, 16, 4, 4), "hmi").detach()
    assert (drawn[0, 0, :8, :8] - drawn[0, 0, 8:16, :8]).abs().max() > 1e-4


@pytest.mark.parametrize("name", MINI)
@pytest.mark.parametrize("sharing,n_encoders", [("two", 2), ("one", 1), ("separate", 11)])
def test_channels_share_encoders_as_asked(name, sharing, n_encoders):
    model = create_autoencoder(name, sharing)
    assert len(model.encoders) == len(model.decoders) == n_encoders
    cls = {channel: model.encode(suns(), channel).cls for channel in CHANNELS}
    assert torch.equal(cls["171"], cls["1600"]) == (sharing != "separate")
    assert torch.equal(cls["hmi"], cls["171"]) == (sharing == "one")


@pytest.mark.parametrize("name", MINI)
def test_autoencoder_learns_to_draw_a_pair_of_suns(name):
    model, pictures = create_autoencoder(name), suns().cumsum(2).cumsum(3) / 20
    optimiser = torch.optim.Adam(model.parameters(), 1e-2)
    errors = []
    for _ in range(60):
        errors.append((model.decode(model.encode(pictures, "304"), "304") - pictures).square().mean())
        optimiser.zero_grad()
        errors[-1].backward()
        optimiser.step()
    assert errors[-1] < 0.3 * errors[0]


def test_seed_decides_the_weights_and_leaves_other_random_numbers_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    one, same, other = (create_autoencoder("vit-mini", seed=seed).state_dict() for seed in (1, 1, 2))
    assert torch.rand(1) == expected
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert not torch.equal(one["project_cls.weight"], other["project_cls.weight"])


def test_scales_are_held_at_one_hundred():
    model = create_autoencoder("vit-mini")
    with torch.no_grad():
        model.log_scales["patch"].fill_(9)
    model.clamp_scales()
    assert model.log_scales["patch"].exp().item() == pytest.approx(100)
    assert model.log_scales["cls"].exp().item() == pytest.approx(1 / 0.07)


def test_mixed_precision_leaves_unit_vectors():
    model = create_autoencoder("vit-mini")
    with torch.autocast("cpu", torch.bfloat16):
        tokens = model.encode(suns(), "hmi")
        cls, patches = model.project(tokens)
        drawn = model.decode(tokens, "hmi")
    torch.testing.assert_close(patches.norm(dim=-1), torch.ones(2, 16))
    torch.testing.assert_close(drawn.float(), model.decode(model.encode(suns(), "hmi"), "hmi"), rtol=0.1, atol=0.1)


@pytest.mark.parametrize("name", ["vit-tiny", "cnn-tiny"])
def test_side_that_is_no_multiple_of_the_patch_is_refused(name):
    with pytest.raises(InputError, match="100 x 100 pixels cannot be cut into patches of 16.*such as 96"):
        create_autoencoder(name, image=100)
    with pytest.raises(InputError, match=r"wants images \(n, 1, 32, 32\) and got \(2, 1, 30, 30\)"):
        create_autoencoder(name, image=32).encode(suns(size=30), "hmi")


def test_features_of_physical_images_are_class_tokens_of_scaled_ones():
    model = create_autoencoder("cnn-mini").eval()
    counts = np.random.default_rng(1).lognormal(4, 2, (5, 32, 32))
    expected = model.encode(torch.from_numpy(scale_channel(counts, "171"))[:, None], "171").cls
    np.testing.assert_allclose(model.features(counts, "171", batch_size=2), expected.detach(), rtol=1e-4, atol=1e-5)
    counts[3, 2, 2] = np.nan
    with pytest.raises(InputError, match="171 image of date 3 has NaN or infinite pixels"):
        model.features(counts, "171")


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match="no backbone 'vit-huge'.*vit-tiny.*two, one, separate"):
        create_autoencoder("vit-huge")
    with pytest.raises(InputError, match="sharing 'three'"):
        create_autoencoder("vit-mini", sharing="three")
    with pytest.raises(InputError, match="no channel '195': known are hmi, 94"):
        create_autoencoder("vit-mini").encode(suns(), "195")
