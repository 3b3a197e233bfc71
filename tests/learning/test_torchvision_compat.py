"""torchvision imports beside a CPU build of torch, and the libraries that need it after it, quietly."""

import subprocess
import sys
from importlib.util import find_spec

import pytest


@pytest.mark.skipif(find_spec("timm") is None, reason="the extra `encoders` is not installed")
def test_libraries_import_after_the_declaration_in_a_new_process():
    code = (
        "from flarebook.learning.device import declare_torchvision_schemas as declare\n"
        "first = declare(); assert declare() is first\n"
        "import timm, torchvision.transforms as t; assert t.Resize(4)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done.stderr
