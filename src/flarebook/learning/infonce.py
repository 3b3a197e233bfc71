"""InfoNCE of many square matrices of cosines at once, with its own derivative.

A loss over positions and dates is a pile of small matrices.  One pass makes the cosines and their sums of exponentials
and, on the way back, the derivative, without the copies that a chain of torch's operations keeps.
"""

import math

import torch
from torch.autograd.function import once_differentiable

from flarebook.learning.onednn_linear import product

LARGEST_SCALE = math.log(100)  # logarithm of the largest factor before a cosine, as in CLIP


def info_nce(a, b, log_scale):
    """Mean cross-entropy, over rows and columns, of scaled cosines against the right pairs, in single precision.

    a, b: unit vectors (..., n, p), a[..., i, :] belongs to b[..., i, :]; log_scale: logarithm of the factor before the
    cosines, clamped to log 100.  The mean is also over the leading axes.
    """
    scale = log_scale.float().clamp(max=LARGEST_SCALE).exp()
    return _InfoNce.apply(a.float().reshape(-1, *a.shape[-2:]), b.float().reshape(-1, *b.shape[-2:]), scale)


def times(left, right):
    """Products left[i] @ right[i].T of matrices (m, n, p) and (m, k, p), (m, n, k).

    On a CPU one by one through oneDNN where they are large: torch's own batched product takes twice as long on
    processors of other makers than MKL's.  Mixed precision is kept out: a cosine in bfloat16 is off by .004, times 100.
    """
    large = left.shape[1] * right.shape[1] * left.shape[2] > 2**20
    if large and left.device.type == "cpu" and torch.backends.mkldnn.is_available():
        return torch.stack([product(one, two.contiguous()) for one, two in zip(left, right, strict=True)])
    with torch.autocast(left.device.type, enabled=False):
        return left @ right.mT


class _InfoNce(torch.autograd.Function):
    """Loss of (m, n, p), (m, n, p) and a factor; derivative: (softmax of rows + of columns) / 2 - identity."""

    @staticmethod
    def forward(context, a, b, scale):
        logits = times(a, b).mul_(scale)
        rows, columns = logits.logsumexp(-1, keepdim=True), logits.logsumexp(-2, keepdim=True)
        context.save_for_backward(a, b, scale, logits, rows, columns)
        return (rows.mean() + columns.mean()) / 2 - logits.diagonal(dim1=-2, dim2=-1).mean()

    @staticmethod
    @once_differentiable
    def backward(context, slope):
        a, b, scale, logits, rows, columns = context.saved_tensors
        by_logits = (logits - rows).exp_().add_((logits - columns).exp_()).div_(2)
        by_logits.diagonal(dim1=-2, dim2=-1).sub_(1)
        slope = slope / (len(logits) * logits.shape[-1])
        by_scale = torch.dot(by_logits.view(-1), logits.view(-1)) * slope / scale
        by_logits.mul_(slope * scale)
        return times(by_logits, b.mT), times(by_logits.mT, a.mT), by_scale
