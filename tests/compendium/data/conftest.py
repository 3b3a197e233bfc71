"""What the tests of transfers and downloads share."""

import pytest

from flarebook.compendium.data import hosts, transfer
from tests.compendium.data import misbehaving


@pytest.fixture
def server(monkeypatch, tmp_path_factory):
    """Running server that misbehaves as the first part of a path says; waits are short, cache and hosts are new."""
    monkeypatch.setattr(transfer, "PAUSE", 0.0)
    monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.delenv("FLAREBOOK_MIRROR", raising=False)
    hosts.forget_hosts()
    with misbehaving.running() as running:
        yield running
    hosts.forget_hosts()
