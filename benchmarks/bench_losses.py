"""Speed of SolarCHIP's patch and intra terms, forward and backward, against loops as in the authors' code."""

import torch
from torch.nn.functional import cross_entropy, normalize

from benchmarks.measure import compare

DATES, PLACES, LENGTH = 27, 256, 512  # batch, patches and numbers in a vector of the paper
GOAL = 10.0


def run():
    """Benchmark record of the two terms at the paper's size."""
    from flarebook.solarchip.models.losses import FIRST_SCALE, contrastive_terms

    a, b = (normalize(torch.randn(DATES, PLACES, LENGTH), dim=-1).requires_grad_() for _ in range(2))
    scales = {term: torch.tensor(FIRST_SCALE, requires_grad=True) for term in ("patch", "intra")}

    def ours():
        sum(contrastive_terms(a[:, 0], b[:, 0], a, b, scales, ("patch", "intra")).values()).backward()

    def theirs():
        looped(a, b, *scales.values()).backward()

    yield compare("solarchip.losses.vs_loop", "our own loop over positions and dates", ours, theirs, GOAL)


def looped(a, b, patch_scale, intra_scale):
    """Patch and intra terms of unit vectors (dates, places, length), one matrix of cosines at a time."""
    patch = [info_nce(a[:, place], b[:, place], patch_scale) for place in range(a.shape[1])]
    intra = [info_nce(a[date], b[date], intra_scale) for date in range(len(a))]
    return sum(patch) / len(patch) + sum(intra) / len(intra)


def info_nce(a, b, log_scale):
    """Cross-entropy of the rows and of the columns of one matrix of cosines."""
    logits, right = log_scale.exp() * a @ b.T, torch.arange(len(a))
    return (cross_entropy(logits, right) + cross_entropy(logits.T, right)) / 2
