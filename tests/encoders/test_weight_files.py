"""Weights that are cut short, pickled, foreign, ambiguous or out of reach each get one sentence, quickly."""

import socket
from time import perf_counter

import pytest

from flarebook.compendium.errors import InputError
from flarebook.encoders.registry import create_encoder
from flarebook.encoders.specs import ENCODERS
from flarebook.encoders.weight_files import find_weights, read_state
from flarebook.learning.device import declare_torchvision_schemas

torch = pytest.importorskip("torch")
declare_torchvision_schemas()
pytest.importorskip("timm")


def save(tensors, path):
    """Write a safetensors file."""
    from safetensors.torch import save_file

    save_file(tensors, path)
    return path


def test_weights_of_another_network_name_the_first_misfit(tmp_path):
    path = save({"stem.weight": torch.zeros(3, 3)}, tmp_path / "resnet.safetensors")
    with pytest.raises(InputError, match=r"resnet.safetensors does not fit encoder dino .*: Missing key.*needs.*dino"):
        create_encoder("dino", path, device="cpu")


def test_weights_of_another_size_are_told(tmp_path):
    import timm

    state = timm.create_model("vit_tiny_patch16_224", num_classes=0, depth=1).state_dict()
    path = save(state, tmp_path / "tiny.safetensors")
    with pytest.raises(InputError, match=r"does not fit encoder dino .*"):
        create_encoder("dino", path, device="cpu", depth=1)


def test_weights_of_another_kind_do_not_fit_msn(tmp_path):
    pytest.importorskip("transformers")
    path = save({"stem.weight": torch.zeros(3, 3)}, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text('{"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}')
    with pytest.raises(InputError, match="model.safetensors does not fit encoder msn"):
        create_encoder("msn", path, device="cpu")


class Code:
    """A Python object that would run a function when unpickled."""

    def __reduce__(self):
        return print, ("code inside a checkpoint was run",)


def test_code_in_a_checkpoint_is_not_run(tmp_path, capsys):
    path = tmp_path / "pickled.pth"
    torch.save({"state_dict": {"a": torch.zeros(1)}, "args": Code()}, path)
    with pytest.raises(InputError, match="pickled.pth is not a file of weights: .*other Python objects.*safetensors"):
        read_state(path)
    assert "was run" not in capsys.readouterr().out


def cut(path, share=0.6):
    """Keep only the first part of a file."""
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    return path


def test_cut_and_foreign_files_are_told(tmp_path):
    tensors = {"a": torch.zeros(1000)}
    torch.save(tensors, tmp_path / "cut.pth")
    (tmp_path / "text.pth").write_text("not a checkpoint")
    torch.save([1, 2], tmp_path / "plain.pt")
    with pytest.raises(InputError, match="cut.pth is not a file of weights: truncated"):
        read_state(cut(tmp_path / "cut.pth"))
    with pytest.raises(InputError, match="cut.safetensors is not a file of weights: truncated"):
        read_state(cut(save(tensors, tmp_path / "cut.safetensors")))
    with pytest.raises(InputError, match="text.pth is not a file of weights"):
        read_state(tmp_path / "text.pth")
    with pytest.raises(InputError, match="plain.pt is not a file of weights"):
        read_state(tmp_path / "plain.pt")


def test_wrappers_of_training_scripts_are_opened(tmp_path):
    torch.save({"epoch": 3, "state_dict": {"module.a": torch.ones(2)}}, tmp_path / "training.pth")
    assert list(read_state(tmp_path / "training.pth")) == ["a"]


def test_file_and_folder_are_found_or_told(tmp_path):
    spec = ENCODERS["dino"]
    with pytest.raises(InputError, match="there is no file or folder .*none.pth"):
        find_weights(spec, tmp_path / "none.pth")
    with pytest.raises(InputError, match="there is no file or folder /dev/zero"):
        find_weights(spec, "/dev/zero")
    with pytest.raises(InputError, match="should hold one file of weights for dino .*found none"):
        find_weights(spec, tmp_path)
    one = save({"a": torch.zeros(1)}, tmp_path / "one.safetensors")
    assert find_weights(spec, tmp_path) == one
    save({"a": torch.zeros(1)}, tmp_path / "two.safetensors")
    with pytest.raises(InputError, match="found one.safetensors, two.safetensors: name the file itself"):
        find_weights(spec, tmp_path)
    best = save({"a": torch.zeros(1)}, tmp_path / "model.safetensors")
    assert find_weights(spec, tmp_path) == best


def test_hub_out_of_reach_is_told_at_once(monkeypatch, capfd):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    start = perf_counter()
    with pytest.raises(InputError, match=r"cannot download clip from the hub http://127.0.0.1:\d+ \(.*\): download"):
        create_encoder("clip", "hub")
    assert perf_counter() - start < 5
    assert capfd.readouterr().err == ""


def test_forbidden_hub_is_told(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="cannot download clip .*offline mode.*hf download"):
        create_encoder("clip", "hub")


def test_the_hub_is_advised_as_the_command_line_spells_it(tmp_path):
    with pytest.raises(InputError, match='pass weights="hub" .on the command line: --weights hub'):
        find_weights(ENCODERS["clip"], tmp_path / "none")
