"""A device is taken when it is there, and refused in one sentence when it is not."""

import pytest
import torch

from flarebook.compendium.errors import InputError
from flarebook.learning.device import chosen_device


@pytest.fixture
def gpus(monkeypatch):
    """Function that makes torch find so many GPUs."""

    def found(number):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: number > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: number)

    return found


def test_auto_takes_the_gpu_where_there_is_one(gpus):
    gpus(0)
    assert chosen_device("auto") == "cpu"
    gpus(2)
    assert chosen_device("auto") == "cuda"


def test_a_gpu_that_is_there_is_taken_by_its_number(gpus):
    gpus(2)
    assert [chosen_device(name) for name in ("cpu", "cuda", "cuda:1")] == ["cpu", "cuda", "cuda:1"]


@pytest.mark.parametrize("number, name", [(2, "cuda:7"), (2, "cuda:-1"), (0, "cuda"), (1, "gpu"), (1, "mps")])
def test_a_device_that_is_not_there_is_refused(gpus, number, name):
    gpus(number)
    with pytest.raises(InputError, match=f"no device '{name}'"):
        chosen_device(name)
