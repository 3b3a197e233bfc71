"""Linear layers through oneDNN give what torch's own give."""

import pytest

torch = pytest.importorskip("torch")

from flarebook.learning.onednn_linear import OneDnnLinear, use_onednn  # noqa: E402


def test_same_numbers_and_derived_layers_stay():
    torch.manual_seed(1)
    attention = torch.nn.MultiheadAttention(8, 2, batch_first=True)  # reads its output layer's weight directly
    network = torch.nn.Sequential(torch.nn.Linear(16, 8), torch.nn.GELU(), torch.nn.Linear(8, 4, bias=False)).eval()
    batch = torch.randn(5, 3, 16)
    with torch.inference_mode():
        expected = network(batch)
        found = use_onednn(network)(batch)
    assert isinstance(network[0], OneDnnLinear) and isinstance(network[2], OneDnnLinear)
    assert torch.allclose(found, expected, atol=1e-6)
    use_onednn(attention)
    assert not isinstance(attention.out_proj, OneDnnLinear)
