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
