"""Linear layers through oneDNN, for networks that only look and do not learn, on a CPU.

torch multiplies float32 matrices with MKL, which on processors of other makers than its own reaches about half of their
speed; its convolutions go through oneDNN, which does not mind.  Here the linear layers take that way as well.
"""

import torch
from torch import nn


def product(values, weight, bias=None):
    """values (..., n_in) times weight (n_out, n_in) plus bias (n_out,), float32 on the CPU.

    It is the operator that torch.compile puts in the place of a linear layer there.
    """
    return torch.ops.mkldnn._linear_pointwise(values, weight, bias, "none", [], "")


class OneDnnLinear(nn.Module):
    """A linear layer for inference: (..., n_in) -> (..., n_out), float32 on the CPU."""

    def __init__(self, linear):
        super().__init__()
        self.register_buffer("weight", linear.weight.detach())
        self.register_buffer("bias", None if linear.bias is None else linear.bias.detach())

    def forward(self, values):
        return product(values, self.weight, self.bias)


def use_onednn(network):
    """Replace every plain linear layer of a network on the CPU, in place; does nothing where torch has no oneDNN.

    network: torch Module in float32.  Layers of derived classes stay: others read their weights.  Returns the network.
    """
    if not torch.backends.mkldnn.is_available():
        return network
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if type(child) is nn.Linear:
                setattr(module, name, OneDnnLinear(child))
    return network


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
