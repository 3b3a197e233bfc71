"""One step of the pretraining: the terms of the loss of a batch, on one process or over the batches of several."""

import copy

import torch
from torch import nn
from torch.nn.functional import mse_loss

from flarebook.solarchip.losses import TERMS as CONTRASTS
from flarebook.solarchip.losses import contrastive_terms
from flarebook.solarchip.patches import Tokens

TERMS = ("reconstruction", *CONTRASTS)


class Objective(nn.Module):
    """A model and its loss; `forward` is the whole of what is differentiated, so that it can be wrapped for DDP.

    model: SolarChip; weights: {term: weight} of the terms in use.
    """

    def __init__(self, model, weights):
        super().__init__()
        self.model, self.weights = model, dict(weights)
        self.gather = None  # function that puts the vectors of all processes in one batch, where there are several

    def forward(self, pictures, channels):
        """Weighted sum of the terms, and the terms, {term: scalar}.

        pictures: (b, k, h, w) scaled, HMI first; channels: their k names.  Reconstruction is the mean square over all
        pictures; each contrast the mean over pairs of HMI with an AIA channel.
        """
        terms, vectors = {}, {}
        for places in self._groups(channels):
            mixed = pictures[:, places].flatten(0, 1)[:, None]
            tokens = self.model.encode(mixed, channels[places[0]])
            if "reconstruction" in self.weights:
                error = mse_loss(self.model.decode(tokens, channels[places[0]]).float(), mixed)
                share = error * len(places) / len(channels)
                terms["reconstruction"] = terms.get("reconstruction", 0.0) + share
            vectors |= self._vectors(tokens, [channels[place] for place in places])
        terms |= self._contrasts(vectors)
        return sum(self.weights[term] * value for term, value in terms.items()), terms

    def _groups(self, channels):
        """Places of the channels that share an autoencoder, one list for each."""
        groups = {}
        for place, channel in enumerate(channels):
            groups.setdefault(self.model.group(channel), []).append(place)
        return list(groups.values())

    def _vectors(self, tokens, channels):
        """Unit vectors of each channel of a mixed batch, {channel: (class (b, p), patches (b, L, p))}."""
        if not set(CONTRASTS) & set(self.weights):
            return {}
        made = [part.unflatten(0, (-1, len(channels))) for part in self.model.project(Tokens(*tokens))]
        if self.gather:
            made = [self.gather(part) for part in made]
        return {channel: tuple(part[:, place] for part in made) for place, channel in enumerate(channels)}

    def _contrasts(self, vectors):
        """Mean of the contrasts of HMI with each AIA channel, {term: scalar}."""
        if not vectors:
            return {}
        cls, patches = vectors.pop("hmi")
        wanted = [term for term in CONTRASTS if term in self.weights]
        pairs = [
            contrastive_terms(cls, other[0], patches, other[1], self.model.log_scales, wanted)
            for other in vectors.values()
        ]
        return {term: torch.stack([pair[term] for pair in pairs]).mean() for term in wanted}


class Training(nn.Module):
    """What a checkpoint holds: the objective as it learns, and the model that was best on the held-out dates."""

    def __init__(self, objective):
        super().__init__()
        self.objective = objective
        self.best = copy.deepcopy(objective.model).requires_grad_(False)

    def keep(self):
        """Take the present model as the best."""
        self.best.load_state_dict(self.objective.model.state_dict())
