"""Learning through oneDNN gives the derivatives that torch gives."""

import copy

import torch
from torch import nn

from flarebook.learning.onednn_linear import learn_through_onednn


def test_outputs_and_derivatives_are_those_of_torch():
    torch.manual_seed(1)
    plain = nn.Sequential(nn.Linear(12, 20), nn.GELU(), nn.Linear(20, 5, bias=False))
    other = learn_through_onednn(copy.deepcopy(plain))
    assert type(other[0]) is not type(plain[0]) and other.state_dict().keys() == plain.state_dict().keys()
    values = torch.randn(3, 7, 12)
    for network in (plain, other):
        network.values = values.clone().requires_grad_()
        (network(network.values) ** 3).sum().backward()
    torch.testing.assert_close(other(values), plain(values))
    torch.testing.assert_close(other.values.grad, plain.values.grad, rtol=1e-4, atol=1e-5)
    for one, two in zip(other.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one.grad, two.grad, rtol=1e-4, atol=1e-4)
