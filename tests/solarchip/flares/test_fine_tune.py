"""Linear and fine-tuned heads learn from the days with labels, choose on validation days, and never see test labels."""

import numpy as np
import pytest
import torch
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from flarebook.compendium.errors import InputError
from flarebook.evaluation.probes import linear_head
from flarebook.solarchip.flares.features import FlareDays, frozen_features, natural_features, to_grey
from flarebook.solarchip.flares.fine_tune import FineTuningConfig, FlareNetwork, day_batches, fine_tune, mirror_images
from flarebook.solarchip.flares.methods import coronal_method, solarchip_methods
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.models.autoencoder import create_autoencoder
from flarebook.solarchip.models.embeddings import pool_tokens

TRAIN, VALIDATION, TEST = np.arange(300), np.arange(300, 400), np.arange(400, 600)
PARTS = {"train": np.arange(140), "validation": np.arange(140, 180)}  # of the small disks


@pytest.fixture(scope="module")
def logistic():
    """Six hundred days whose flares follow a logistic law of two of twelve features."""
    rng = np.random.default_rng(1)
    features = 100 + 5 * rng.standard_normal((600, 12))
    truth = expit((features[:, 0] - features[:, 1]) / 4 - 1)
    return features, (rng.random(600) < truth).astype(int), truth


@pytest.fixture(scope="module")
def suns():
    """Small disks, of which those with a strong spot somewhere are followed by a flare: images and labels."""
    rng = np.random.default_rng(2)
    images = (0.1 * rng.standard_normal((240, 11, 32, 32))).astype(np.float32)
    label = (rng.random(240) < 0.4).astype(int)
    for day in np.flatnonzero(label):
        row, column = rng.integers(4, 26, 2)
        images[day, 0, row : row + 3, column : column + 3] += 1.0
    return images, label


def test_linear_head_finds_the_law_behind_the_labels(logistic):
    features, label, truth = logistic
    found = linear_head(features, label, TRAIN, TRAIN, VALIDATION)
    assert np.abs(found - truth)[TEST].mean() < 0.09 < 0.4 * np.abs(truth[TRAIN].mean() - truth)[TEST].mean()


def test_forecasts_do_not_depend_on_test_labels(logistic):
    features, label, _ = logistic
    other = np.where(np.arange(600) >= 400, 1 - label, label)
    assert (
        linear_head(features, label, TRAIN, TRAIN, VALIDATION) == linear_head(features, other, TRAIN, TRAIN, VALIDATION)
    ).all()


def test_a_head_alone_sees_no_label_but_the_known_ones(logistic):
    features, label, truth = logistic
    known = np.concatenate([TRAIN[label[TRAIN] == 1][:40], TRAIN[label[TRAIN] == 0][:90]])
    hidden = 1 - label
    hidden[known] = label[known]
    found = linear_head(features, label, known, TRAIN)
    assert (found == linear_head(features, hidden, known, TRAIN)).all()
    assert roc_auc_score(label[TEST], found[TEST]) > 0.9 * roc_auc_score(label[TEST], truth[TEST])


def test_a_head_alone_can_learn_from_one_flare(logistic):
    features, label, _ = logistic
    known = np.array([np.argmax(label), np.argmin(label)])
    assert np.ptp(linear_head(features, label, known, TRAIN)) > 0


def test_units_of_the_features_do_not_matter(logistic):
    features, label, _ = logistic
    first = linear_head(features, label, TRAIN[:60], TRAIN, VALIDATION)
    assert first == pytest.approx(linear_head(1e-4 * features, label, TRAIN[:60], TRAIN, VALIDATION))


def test_more_labels_make_a_better_head(logistic):
    features, label, truth = logistic
    few = linear_head(features, label, TRAIN[:12], TRAIN, VALIDATION)
    many = linear_head(features, label, TRAIN, TRAIN, VALIDATION)
    assert np.abs(many - truth)[TEST].mean() < 0.5 * np.abs(few - truth)[TEST].mean()


def test_a_head_cannot_learn_from_one_class(logistic):
    features, label, _ = logistic
    quiet = TRAIN[label[TRAIN] == 0]
    with pytest.raises(InputError, match="of the days with labels, .*, none is followed by a flare"):
        linear_head(features, label, quiet, TRAIN, VALIDATION)


def test_pooling_keeps_one_bright_patch():
    cls, patches = np.zeros((2, 3)), np.zeros((2, 64, 4))
    patches[1, 17, 2] = 5.0
    found = pool_tokens(cls, patches)
    assert found.shape == (2, 11)
    assert found[1, 9] == 5 and found[1, 5] == pytest.approx(5 / 64) and not found[0].any()


def test_frozen_features_put_channels_in_a_row(suns):
    images, _ = suns
    model = create_autoencoder("vit-mini")
    one, two = (frozen_features(model, images[:5], channels) for channels in (["171"], ["hmi", "171"]))
    assert two.shape == (5, 2 * one.shape[1])
    assert np.array_equal(two[:, one.shape[1] :], one)


def test_the_features_of_a_day_are_its_own(suns):
    images, _ = suns
    model = create_autoencoder("vit-mini")
    together = frozen_features(model, images[:5], ["hmi", "171"])
    alone = [frozen_features(model, images[day : day + 1], ["hmi", "171"])[0] for day in range(5)]
    assert together == pytest.approx(np.array(alone), abs=1e-5) and np.ptp(together, axis=0).max() > 0.1


def test_the_corona_forecasts_what_the_magnetogram_does_not_show(suns):
    images, label = suns
    images = np.random.default_rng(3).permutation(images)  # the spots say nothing about the flares any more
    images[label == 1, CHANNELS.index("171")] += 0.3
    model, days = create_autoencoder("vit-mini"), FlareDays(images, label, PARTS, ("hmi",))
    forecast = coronal_method("vit-mini", model, days, ["171"])["vit-mini.frozen-aia"](PARTS["train"], 1)
    alone = linear_head(frozen_features(model, images, ["hmi"]), label, PARTS["train"], *PARTS.values())
    assert roc_auc_score(label[180:], forecast[180:]) > 0.9 > 0.7 > roc_auc_score(label[180:], alone[180:])
    assert coronal_method("vit-mini", model, days, []) == {}


def test_grey_pictures_go_from_black_to_white():
    assert to_grey(np.array([[-1.2, -1.0, 0.0, 1.0]])).tolist() == [[0, 0, 128, 255]]


def test_the_photographs_encoder_sees_grey_suns(suns):
    pytest.importorskip("onnx")
    images, _ = suns
    features = natural_features(images[:3], ["hmi"], input_size=28)
    assert features.shape == (3, 3 * 384) and np.isfinite(features).all()
    assert np.ptp(features, axis=0).max() > 0.1
    assert natural_features(images[2:3], ["hmi"], input_size=28)[0] == pytest.approx(features[2], abs=1e-3)


def test_fine_tuning_finds_the_spot_and_leaves_the_model_as_it_was(suns):
    images, label = suns
    model = create_autoencoder("vit-mini")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    config = FineTuningConfig(epochs=20, batch_size=70, learning_rate=5e-3, head_rate=1e-2)
    found = fine_tune(model, FlareDays(images, label, PARTS), PARTS["train"], config)
    assert roc_auc_score(label[180:], found[180:]) > 0.9
    assert np.isnan(found[:140]).all()
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_fine_tuning_repeats_itself_and_does_not_see_test_labels(suns):
    images, label = suns
    other = np.where(np.arange(240) >= 180, 1 - label, label)
    model, config = create_autoencoder("cnn-mini"), FineTuningConfig(epochs=1)
    first, second = (
        fine_tune(model, FlareDays(images, known, PARTS), np.arange(30), config) for known in (label, other)
    )
    assert np.array_equal(first, second, equal_nan=True)


def test_frozen_random_weights_are_those_from_which_scratch_starts(suns):
    images, label = suns
    model = create_autoencoder("vit-mini", seed=9)
    methods = solarchip_methods("vit-mini", model, FlareDays(images, label, PARTS), FineTuningConfig(epochs=1))
    assert set(methods) == {
        f"vit-mini.{way}" for way in ("frozen", "frozen-alone", "frozen-random", "tuned", "scratch")
    }
    drawn = [methods["vit-mini.frozen-random"](np.arange(90), seed) for seed in (3, 4, 9)]
    features = frozen_features(create_autoencoder("vit-mini", seed=3), images, ["hmi"])
    assert np.array_equal(drawn[0], linear_head(features, label, np.arange(90), *PARTS.values()))
    assert not np.array_equal(drawn[0], drawn[1])
    assert np.array_equal(drawn[2], methods["vit-mini.frozen"](np.arange(90), 3))  # a model that learnt nothing


def test_an_untrained_head_forecasts_climatology(suns):
    images, _ = suns
    network = FlareNetwork(create_autoencoder("vit-mini"), ["hmi", "171"])
    pictures = torch.from_numpy(images[:50, :2])
    network.start(pictures, 0.2)
    assert torch.sigmoid(network(pictures)).detach().numpy() == pytest.approx(np.full(50, 0.2), abs=1e-6)


def test_fine_tuning_cannot_learn_from_one_class(suns):
    images, label = suns
    quiet = np.flatnonzero(label[:140] == 0)
    with pytest.raises(InputError, match="of the days with labels, .*, none is followed by a flare"):
        fine_tune(create_autoencoder("vit-mini"), FlareDays(images, label, PARTS), quiet, FineTuningConfig())


def test_every_pass_shows_every_day_once():
    rows = list(day_batches(np.arange(10), 4, 5, np.random.default_rng(0)))
    assert sorted(np.concatenate(rows)) == sorted([*range(10), *range(10)])
    assert [len(row) for row in day_batches(np.arange(3), 4, 5, np.random.default_rng(0))] == [3] * 5


def test_mirrored_suns_keep_channels_together():
    pictures = torch.arange(64.0).reshape(1, 1, 8, 8).repeat(40, 2, 1, 1)
    found = mirror_images(pictures, np.random.default_rng(1))
    assert torch.equal(found[:, 0], found[:, 1])
    assert len(torch.unique(found[:, 0, 0, 0])) == 4  # each corner comes first at some time
