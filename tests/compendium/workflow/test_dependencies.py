"""A change of a module or data file runs again the notebooks that reach it, and no others."""

import pytest

from flarebook.compendium.project import project_root
from flarebook.compendium.workflow.dependencies import notebook_sources
from flarebook.compendium.workflow.parameters import read_profile

NAMES = list(read_profile("ci").notebooks)
ALL = set(NAMES)
IRIS, STIX, SOLARCHIP = ({name for name in NAMES if name.startswith(study)} for study in ("iris", "stix", "solarchip"))

# Each file, and the notebooks that are to run again when it changes.
CASES = {
    "compendium/run.py": ALL,
    "compendium/errors.py": ALL,
    "compendium/interactive_pages/data/head.html": {
        "iris/6-classifiers", "iris/9-real-time-score", "stix/8-explorer", "solarchip/5-translation",
        "solarchip/6-real-flares",
    },
    "iris/__init__.py": IRIS,
    "iris/mg2.py": IRIS,
    "iris/data/observations.csv": {
        "iris/2-profile-library", "iris/3-observations", "iris/5-embeddings", "iris/8-space-and-time",
        "iris/9-real-time-score",
        "iris/7-ablations", "iris/10-label-audit", "iris/11-whole-observations", "iris/12-whole-profiles",
    },
    "iris/data/preflare_ensemble.safetensors": {
        "iris/6-classifiers", "iris/7-ablations", "iris/8-space-and-time", "iris/9-real-time-score",
        "iris/11-whole-observations", "iris/12-whole-profiles",
    },
    "iris/data/score_page/features.js": {"iris/9-real-time-score"},
    "evaluation/data/threshold_page/page.js": {"iris/6-classifiers", "solarchip/6-real-flares"},
    "encoders/data/encoders.yaml": {"stix/3-encoders", "solarchip/4-flare-classification"},
    "encoders/data/dino_stix.safetensors": {"stix/3-encoders", "solarchip/4-flare-classification"},
    "encoders/dinov2_onnx.py": {"stix/3-encoders", "solarchip/4-flare-classification"},
    "stix/data/explorer/page.js": {"stix/8-explorer"},
    "stix/data/manual_selection.csv": {"stix/5-filtering"},
    "stix/imaging/clean.py": {"stix/1-real-flare", "stix/2-archive"},
    "solarchip/data/translator.safetensors": {"solarchip/5-translation"},
    "solarchip/data/translation_viewer/page.js": {"solarchip/5-translation"},
    "solarchip/data/published_flare_skill.yaml": {"solarchip/4-flare-classification"},
    "solarchip/data/real_flare_scores.csv": {"solarchip/6-real-flares"},
    "solarchip/figures/translation.py": {"solarchip/5-translation"},
    "commands/stix.py": set(),
}  # fmt: skip


@pytest.fixture(scope="module")
def sources():
    """Files that each notebook of the project depends on."""
    return {name: set(notebook_sources(name)) for name in NAMES}


@pytest.mark.parametrize("file", CASES)
def test_a_file_belongs_to_the_notebooks_that_reach_it(sources, file):
    assert (project_root() / "src/flarebook" / file).is_file()
    assert {name for name in NAMES if f"src/flarebook/{file}" in sources[name]} == CASES[file]


def test_every_module_of_a_study_but_scripts_is_reached_by_its_notebooks_alone(sources):
    for study, own in (("iris", IRIS), ("stix", STIX), ("solarchip", SOLARCHIP)):
        for name in ALL - own:
            assert not [path for path in sources[name] if path.startswith(f"src/flarebook/{study}/")], name
