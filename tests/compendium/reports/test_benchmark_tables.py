"""The benchmarks page tells races from targets of its own, and reached goals from missed ones."""

import json

import pytest

from flarebook.compendium.reports.benchmark_tables import benchmark_table

RACE = {"id": "iris.features.vs_loop", "peer": "loop", "ratio": 45.7, "low": 40.1, "high": 47.0, "goal": 40, "n": 5}


@pytest.fixture
def shown(tmp_path):
    """Function that writes benchmark records, and returns the page's tables of them."""

    def write(*results, folder="benchmarks"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "results.json").write_text(json.dumps([one | {"machine": "2 cores"} for one in results]))
        return benchmark_table(tmp_path)

    return write


def test_without_results_the_page_says_how_to_get_them(tmp_path):
    assert "make bench" in benchmark_table(tmp_path)


def test_a_race_that_reached_its_goal_shows_the_goal(shown):
    page = shown(RACE)
    assert "| `iris.features.vs_loop` | 40 | 46 | loop | 40 to 47 | 5 | 2 cores |" in page
    assert page.startswith("**1 of 1 goals were reached.**\n")


def test_a_missed_goal_is_marked_and_named_on_top(shown):
    page = shown(RACE | {"goal": 50}, RACE | {"id": "b", "goal": None})
    assert "| `iris.features.vs_loop` | **missed** (50) | 46 |" in page and "| `b` | – |" in page
    assert page.startswith("**0 of 1 goals were reached.** Missed: `iris.features.vs_loop`.")


@pytest.mark.parametrize(
    ("peer", "target"),
    [
        ("promised at most 2 s", "at most 2 s"),
        ("target rate, 5 images/s", "5 images/s"),
        ("target of 20 ms per image on one core", "20 ms per image on one core"),
    ],
)
def test_a_target_of_our_own_is_no_race(shown, peer, target):
    page = shown(RACE, RACE | {"id": "own", "peer": peer})
    races, targets = page.split("## Against targets of this package")
    assert "`own`" in targets and f"| {target} |" in targets and "promised" not in page
    assert "`iris.features.vs_loop`" in races and "`own`" not in races


def test_a_race_against_code_of_our_own_stands_apart(shown):
    page = shown(RACE, RACE | {"id": "plain", "peer": "our own loop over dates"})
    others, own = page.split("## Against code of our own")
    assert "`plain`" in own and "`plain`" not in others and "`iris.features.vs_loop`" in others


def test_results_of_this_machine_come_first(shown):
    shown(RACE)
    assert "`mine`" in shown(RACE | {"id": "mine"}, folder="build/bench")
