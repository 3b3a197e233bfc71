"""The drawings of the architecture follow the import graph and the profile."""

from types import SimpleNamespace

import pytest

from flarebook.compendium.book import architecture


@pytest.fixture
def build(checkout, tmp_path):
    """A build of the ci profile that stages into an empty folder."""
    return SimpleNamespace(root=checkout, source=tmp_path, profile="ci")


def test_the_packages_are_drawn_with_every_stage_and_no_arrow_upward(build):
    floors = architecture.read_floors(build.root)
    floor_of = {package: number for number, floor in enumerate(floors) for package in floor}
    arrows = architecture.package_graph().edges
    assert ("stix.simulation", "stix.maps") in arrows and ("stix", "encoders") in arrows
    assert all(floor_of[start] < floor_of[end] for start, end in arrows if "." not in start)
    assert "architecture-packages.svg" in architecture.package_drawing(build)
    picture = (build.source / "book/architecture-packages.svg").read_text()
    assert "imaging (" in picture and "compendium (" in picture


def test_the_notebooks_are_drawn(build):
    assert "iris with 12 notebooks" in architecture.workflow_drawing(build)
    assert "simulated sun" in (build.source / "book/architecture-workflow.svg").read_text()
