"""The loss of a batch is what its definition says, whoever shares an encoder."""

import pytest
import torch

from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.models.autoencoder import SHARING, create_autoencoder
from flarebook.solarchip.models.losses import contrastive_terms
from flarebook.solarchip.pretraining.objective import TERMS, Objective

CHOSEN = ("hmi", "94", "304")


@pytest.fixture
def pictures():
    """Four dates of noise in three channels."""
    return torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("sharing", SHARING)
def test_terms_are_those_of_one_channel_after_the_other(pictures, sharing):
    model = create_autoencoder("vit-mini", sharing).eval()
    weights = {"reconstruction": 10.0, "cls": 1.0, "patch": 0.5, "intra": 2.0}
    with torch.no_grad():
        loss, terms = Objective(model, weights)(pictures, CHOSEN)
        tokens = {name: model.encode(pictures[:, [place]], name) for place, name in enumerate(CHOSEN)}
        errors = [((model.decode(tokens[c], c)[:, 0] - pictures[:, i]) ** 2).mean() for i, c in enumerate(CHOSEN)]
        unit = {name: model.project(tokens[name]) for name in CHOSEN}
        pairs = [
            contrastive_terms(unit["hmi"][0], unit[name][0], unit["hmi"][1], unit[name][1], model.log_scales)
            for name in CHOSEN[1:]
        ]
    assert float(terms["reconstruction"]) == pytest.approx(float(sum(errors)) / 3, rel=1e-4)
    for term in TERMS[1:]:
        assert float(terms[term]) == pytest.approx(float(pairs[0][term] + pairs[1][term]) / 2, rel=1e-4)
    assert float(loss) == pytest.approx(sum(weights[term] * float(terms[term]) for term in TERMS), rel=1e-5)


def test_terms_that_are_not_asked_for_are_not_made(pictures):
    model = create_autoencoder("vit-mini").eval()
    assert set(Objective(model, {"reconstruction": 1.0})(pictures, CHOSEN)[1]) == {"reconstruction"}
    assert set(Objective(model, {"intra": 1.0, "cls": 1.0})(pictures, CHOSEN)[1]) == {"cls", "intra"}


def test_square_errors_are_counted_in_the_usual_departures_of_their_channel(pictures):
    model = create_autoencoder("vit-mini").eval()
    deviation = torch.linspace(0.5, 2.0, len(CHANNELS))
    model.predict_anomalies(torch.randn(len(CHANNELS), 32, 32, generator=torch.Generator().manual_seed(3)), deviation)
    with torch.no_grad():
        found = float(Objective(model, {"reconstruction": 1.0})(pictures, CHOSEN)[0])
        drawn = [model.decode(model.encode(pictures[:, [i]], c), c)[:, 0] for i, c in enumerate(CHOSEN)]
        errors = [
            float(((one - pictures[:, i]) ** 2).mean() / deviation[CHANNELS.index(c)] ** 2)
            for i, (c, one) in enumerate(zip(CHOSEN, drawn, strict=True))
        ]
    assert found == pytest.approx(sum(errors) / 3, rel=1e-4)


def test_a_decoder_that_says_nothing_draws_the_mean_picture(pictures):
    model = create_autoencoder("vit-mini").eval()
    mean = torch.randn(len(CHANNELS), 32, 32, generator=torch.Generator().manual_seed(3))
    model.predict_anomalies(mean, torch.full((len(CHANNELS),), 0.5))
    for parameter in model.decoders.parameters():
        parameter.data.zero_()
    with torch.no_grad():
        drawn = model.decode(model.encode(pictures[:, [1]], "94"), "94")
    assert torch.allclose(drawn, mean[CHANNELS.index("94")].expand_as(drawn))
