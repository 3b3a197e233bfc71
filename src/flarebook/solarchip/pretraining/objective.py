"""The loss of a batch: its terms, on one process or over the batches of several, in one go or by micro-batches."""

import copy

import torch
from torch import nn
from torch.nn.functional import mse_loss

from flarebook.learning.gradient_cache import accumulate
from flarebook.solarchip.images.channels import AIA
from flarebook.solarchip.models.losses import TERMS as CONTRASTS
from flarebook.solarchip.models.losses import contrastive_terms

TERMS = ("reconstruction", *CONTRASTS)


class Objective(nn.Module):
    """A model and its loss; `forward` is the whole of what is differentiated, so that it can be wrapped for DDP.

    model: SolarChip; weights: {term: weight} of the terms in use.
    """

    def __init__(self, model, weights):
        super().__init__()
        self.model, self.weights = model, dict(weights)
        self.gather = None  # puts the vectors of all processes into one batch, where there are several
        self.contrasting = True  # False during the reconstruction warm-up
        self.aia = AIA  # channels that a step may draw: those that the archive has

    def forward(self, images, channels):
        """Weighted sum of the terms, and the terms, {term: scalar}.

        images: (b, k, h, w) scaled, HMI first; channels: their k names.
        """
        vectors, tokens = self.embed(images, channels)
        vectors = map(self.gather, vectors) if self.gather else vectors
        terms = self.reconstruction(images, tokens, channels) | self.contrasts(*vectors)
        return self.total(terms), terms

    def by_micro_batches(self, images, channels, micro_batches, backward):
        """As forward and backward(loss), with the memory of a micro-batch and the negatives of the whole batch."""
        terms = {}

        def contrast(*vectors):
            terms.update(self.contrasts(*vectors))
            return self.total(terms)

        def own(part, tokens):
            return self.total(self.reconstruction(part, tokens, channels))

        alone = own if "reconstruction" in self.weights else None
        parts = images.chunk(micro_batches)
        loss, drawn = accumulate(parts, lambda part: self.embed(part, channels), contrast, alone, backward)
        drawn_term = {"reconstruction": drawn / self.weights["reconstruction"]} if alone else {}
        return loss + drawn, drawn_term | terms

    def embed(self, images, channels):
        """Unit vectors, class (b, k, p) and patches (b, k, L, p), and the tokens of each autoencoder in use."""
        tokens, made = [], []
        for places in self._shared(channels):
            tokens.append(self.model.encode(_mixed(images, places), channels[places[0]]))
            made.append([part.unflatten(0, (-1, len(places))) for part in self.model.project(tokens[-1])])
        return tuple(torch.cat(parts, dim=1) for parts in zip(*made, strict=True)), tokens

    def reconstruction(self, images, tokens, channels):
        """Mean square error of what the decoders draw, {"reconstruction": scalar}; {} when that term is not in use."""
        if "reconstruction" not in self.weights:
            return {}
        wanted, errors = self.model.standardize(images, channels), []
        for places, made in zip(self._shared(channels), tokens, strict=True):
            drawn = self.model.decode_anomalies(made, channels[places[0]]).float()
            errors.append(mse_loss(drawn, _mixed(wanted, places)) * len(places))
        return {"reconstruction": sum(errors) / len(channels)}

    def contrasts(self, cls, patches):
        """Mean of the contrasts of HMI with each AIA channel, {term: scalar} of those in use."""
        wanted = [term for term in CONTRASTS if term in self.weights]
        if not wanted:
            return {}
        pairs = [
            contrastive_terms(cls[:, 0], cls[:, k], patches[:, 0], patches[:, k], self.model.log_scales, wanted)
            for k in range(1, cls.shape[1])
        ]
        return {term: torch.stack([pair[term] for pair in pairs]).mean() for term in wanted}

    def total(self, terms):
        """Weighted sum of terms; contrasts that do not count yet stay in it as zeros, a gradient for every weight."""
        counted = terms if self.contrasting else ("reconstruction",)
        return sum(self.weights[term] * value * (term in counted) for term, value in terms.items())

    def _shared(self, channels):
        """Places of the channels that share an autoencoder, one list for each, in the order of the channels."""
        groups = {}
        for place, channel in enumerate(channels):
            groups.setdefault(self.model.group(channel), []).append(place)
        return list(groups.values())


def _mixed(images, places):
    """Images of some channels in one batch: (b, k, h, w) -> (b len(places), 1, h, w)."""
    return images[:, places].flatten(0, 1)[:, None]


class Training(nn.Module):
    """Content of a checkpoint: the objective in training and, with patience, the model best on the held-out dates."""

    def __init__(self, objective, patient=False):
        super().__init__()
        self.objective = objective
        self.best = copy.deepcopy(objective.model).requires_grad_(False) if patient else None

    def keep(self):
        """Copy the present model as the best."""
        self.best.load_state_dict(self.objective.model.state_dict())
