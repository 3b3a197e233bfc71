"""All ten channels: the gain over the mean image is that of each date, and each channel has a line of the figure."""

import numpy as np
import pytest

from flarebook.learning.training import TrainingConfig
from flarebook.solarchip.figures import translation
from flarebook.solarchip.images.channels import AIA, CHANNELS
from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.translation import comparison, direct, ten_channels
from flarebook.solarchip.translation.scores import summarize_scores

SIZE, N = 32, 12
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def sun():
    """Scaled images of 60 dates whose ten channels brighten over a field, each by another factor."""
    disk, rng = Disk(SIZE), np.random.default_rng(1)
    x, y = rng.uniform(-0.6, 0.6, (2, 60, 1, 1))
    spot = np.exp(-((disk.x - x) ** 2 + (disk.y - y) ** 2) / 0.04) * disk.on
    gains = np.r_[0.9, np.linspace(0.3, 1.2, len(AIA))][:, None, None]
    images = spot[:, None] * gains - 0.6 * (np.arange(len(CHANNELS)) > 0)[:, None, None]
    return (images + 0.01 * rng.normal(size=images.shape)).astype(np.float32)


@pytest.fixture(scope="module")
def translations(sun):
    """Direct translations after a short training, and a shipped translator that knows two channels."""
    config = TrainingConfig(60, learning_rate=6e-3)
    made = direct.direct_translations(sun[:-N], sun[-N:], config, TrainingConfig(1), np.random.default_rng(1), "cpu")
    few = {channel: made[direct.UNET][channel] for channel in ("171", "304")}
    return made | {comparison.SHIPPED: few}


def test_one_network_beats_the_mean_image_in_each_of_the_ten_channels(sun, translations):
    gains = ten_channels.gains_over_mean(comparison.score_translations(translations, sun[-N:]))
    own = gains[gains["method"] == direct.UNET].pivot(index="target", columns="score", values="gain")
    assert set(own.index) == set(AIA) and (own["psnr"] > 3).all() and (own["correlation"] > 0.1).all()
    assert gains[gains["method"] == comparison.SHIPPED]["target"].unique().tolist() == ["171", "304"]
    assert (gains["n"] == N).all()
    names = [name for name, *_ in ten_channels.gated_gains(gains)]
    assert len(set(names)) == len(names) == 36 and "unet.94.psnr_gain" in names and "shipped.304.ssim_gain" in names


def test_the_gain_is_paired_by_date(sun):
    test = sun[-N:]
    level = np.linspace(0.1, 0.3, N)[:, None, None]
    made = {direct.MEAN: {"94": test[:, 1] + level}, direct.UNET: {"94": test[:, 1] + level / 10}}
    gains = ten_channels.gains_over_mean(comparison.score_translations(made, test)).set_index("score")
    assert gains.loc["psnr", "gain"] == pytest.approx(20) and gains.loc["psnr", "sd"] == pytest.approx(0, abs=1e-4)


def test_every_channel_has_its_place_in_both_figures(sun, translations):
    table = summarize_scores(comparison.score_translations(translations, sun[-N:]))
    rows = ten_channels.channel_scores(table)
    assert rows["target"].drop_duplicates().tolist() == list(AIA) and set(rows["method"]) == set(ten_channels.METHODS)
    figure = translation.plot_ten_channels(rows)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [f"{channel} Å" for channel in AIA]
    assert len(translation.plot_channel_images(sun[-N:], 0, translations).axes) == 2 * len(AIA)
    assert not {name for name, *_ in comparison.gated_metrics(table) if ".94." in name}
