"""Latent diffusion: what a lock keeps, what a branch does, and that it draws what it was shown."""

import numpy as np
import pytest
import torch

from flarebook.compendium.errors import InputError
from flarebook.learning.training import TrainingConfig
from flarebook.solarchip.translation import diffusion

SHAPE = diffusion.DiffusionShape(("171", "304"), latent=2, side=4, widths=(16,), label=8)
N = 64
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def trained(one_thread):
    """A trained U-Net and branch: one latent channel of the targets is the source's, the other tells the target."""
    rng = torch.Generator().manual_seed(1)
    conditions = torch.randn((N, 1, 1, 1), generator=rng).expand(N, 3, 4, 4).contiguous()
    latents = {
        target: torch.cat([conditions[:, :1], torch.full((N, 1, 4, 4), sign)], dim=1)
        for target, sign in (("171", 1.0), ("304", -1.0))
    }
    made = diffusion.create_diffusion(SHAPE)
    diffusion.fit_denoiser(made, latents, TrainingConfig(40, 16, 3e-2))
    made.add_branch("hmi", 3)
    before = {name: value.clone() for name, value in made.unet.state_dict().items()}
    loss_history = diffusion.fit_denoiser(made, latents, TrainingConfig(40, 16, 3e-2), "hmi", conditions)
    return made, conditions, before, loss_history


def test_lock_keeps_the_unet_and_lets_the_branch_learn(trained):
    made, _, before, loss_history = trained
    assert all(torch.equal(value, before[name]) for name, value in made.unet.state_dict().items())
    assert loss_history[-20:].mean() < 0.9 * loss_history[:10].mean()


def test_new_branch_changes_nothing(trained):
    made, conditions, *_ = trained
    made.add_branch("new", 3)
    sampling = diffusion.Sampling(seed=4)
    try:
        free = diffusion.sample_latents(made, "171", conditions[:8], sampling=sampling)
        steered = diffusion.sample_latents(made, "171", conditions[:8], "new", sampling)
    finally:
        del made.branches["new"]
    torch.testing.assert_close(free, steered)


def test_branch_steers_and_label_chooses_the_target(trained):
    made, conditions, *_ = trained
    wanted = conditions[:, 0].mean(dim=(1, 2)).numpy()
    for target, sign in (("171", 1), ("304", -1)):
        drawn = (
            diffusion.sample_latents(made, target, conditions, "hmi", diffusion.Sampling(2)).mean(dim=(0, 3, 4)).numpy()
        )
        assert np.corrcoef(drawn[:, 0], wanted)[0, 1] > 0.8
        assert sign * drawn[:, 1].mean() > 0.5
    free = diffusion.sample_latents(made, "171", conditions).mean(dim=(0, 3, 4)).numpy()
    assert abs(np.corrcoef(free[:, 0], wanted)[0, 1]) < 0.4, "without the branch the source is not known"


def test_noise_belongs_to_the_seed(trained):
    made, conditions, *_ = trained
    first, again, other = (
        diffusion.sample_latents(made, "171", conditions[:4], "hmi", diffusion.Sampling(2, seed=seed))
        for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.allclose(first, other)
    assert not torch.allclose(first[0], first[1]), "members differ"


def test_a_date_has_the_same_members_however_many_dates_there_are(trained):
    made, conditions, *_ = trained
    few, many = (
        diffusion.sample_latents(made, "171", conditions[:n], "hmi", diffusion.Sampling(members))
        for n, members in ((2, 2), (5, 3))
    )
    torch.testing.assert_close(many[:2, :2], few)


def test_described_diffusion_is_built_again(trained):
    made, conditions, *_ = trained
    twin = diffusion.build_diffusion(made.about())
    twin.load_state_dict(made.state_dict())
    first, second = (diffusion.sample_latents(each, "304", conditions[:2], "hmi") for each in (made, twin))
    assert torch.equal(first, second)


def test_unknown_target_and_missing_dates_are_told(trained):
    made, conditions, *_ = trained
    with pytest.raises(InputError, match="generates 171, 304 and not '193'"):
        diffusion.sample_latents(made, "193", conditions, "hmi")
    with pytest.raises(InputError, match="give the same dates"):
        diffusion.fit_denoiser(made, {"171": torch.zeros(4, 2, 4, 4)}, TrainingConfig(1), "hmi", conditions[:3])
