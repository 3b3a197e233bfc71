"""Linear layers through oneDNN while a network learns, on a CPU: the companion of onednn_linear for training.

torch multiplies matrices in single precision with MKL, which is slow on processors of other makers than its own; on one
of them a small transformer learns a third faster when its linear layers, forward and backward, go through oneDNN.
"""

import torch
from torch import nn

from flarebook.compendium.onednn_linear import product


class _Product(torch.autograd.Function):
    """values @ weight.T + bias, and its derivatives, each one call of oneDNN's matrix product."""

    @staticmethod
    def forward(context, values, weight, bias):
        context.save_for_backward(values, weight)
        return product(values, weight, bias)

    @staticmethod
    def backward(context, slope):
        values, weight = context.saved_tensors
        rows, slopes = values.reshape(-1, values.shape[-1]), slope.reshape(-1, slope.shape[-1]).contiguous()
        by_values = product(slopes, weight.t().contiguous()).reshape(values.shape)
        by_weight = product(slopes.t().contiguous(), rows.t().contiguous())
        return by_values, by_weight, slopes.sum(dim=0) if context.needs_input_grad[2] else None


class OneDnnTrainedLinear(nn.Linear):
    """A linear layer that learns through oneDNN; its weights, names and state are those of nn.Linear.

    Elsewhere than on a CPU in single precision, and for torch.compile, it is the plain layer.
    """

    def forward(self, values):
        elsewhere = values.device.type != "cpu" or values.dtype != torch.float32 or torch.is_autocast_enabled("cpu")
        if elsewhere or torch.compiler.is_compiling():
            return super().forward(values)
        return _Product.apply(values, self.weight, self.bias)


def learn_through_onednn(network):
    """Turn the plain linear layers of a network on the CPU into such layers; nothing where torch has no oneDNN."""
    if torch.backends.mkldnn.is_available():
        for module in network.modules():
            if type(module) is nn.Linear:
                module.__class__ = OneDnnTrainedLinear  # same state, another product
    return network
