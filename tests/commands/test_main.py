"""The command tells bad input in one sentence and ends with the exit code that it documents."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from rich.text import Text

from flarebook.commands import main
from flarebook.compendium.project import project_root
from flarebook.compendium.run import open_run


@pytest.fixture
def flarebook(monkeypatch, capsys):
    """Function that runs `flarebook ARGUMENTS` and returns (exit code, stdout, stderr)."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["flarebook", *arguments])
        with pytest.raises(SystemExit) as end:
            main.main()
        return (end.value.code or 0, *capsys.readouterr())

    return run


def test_list_shows_titles_and_what_is_built(project, flarebook):
    code, out, _ = flarebook("list", "--profile", "ci")
    assert code == 0 and "Flares" in out and "The largest" in out and "no" in out


def test_params_shows_types_and_meaning(project, flarebook):
    code, out, _ = flarebook("params", "sun/1-draw")
    assert code == 0 and "n_flares" in out and "flares to draw" in out and "list[int]" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("run", "sun/1-draw", "--profile", "ci", "-p", "n_flare=3"), "did you mean n_flares?"),
        (("run", "sun/1-draw", "--profile", "ci", "-p", "seed=x"), "but it takes int"),
        (("run", "sun/1-draw", "--profile", "ci", "-p", "output=x"), "choose them with --output"),
        (("run", "sun/1-draw", "--profile", "cii"), "did you mean ci?"),
        (("run", "sun/1-draw", "--profile", "ci", "--label", "../../x"), "is no label"),
        (("run", "../1-draw", "--profile", "ci"), "names no notebook"),
        (("run", "sun/9-none", "--profile", "ci"), "there is no notebook"),
        (("run", "sun/2-read", "--profile", "ci", "--inputs", "nope"), "there is no folder nope"),
        (("run", "sun/1-draw", "--profile", "ci", "-p", "n_flares=-3"), "n_flares is -3, but it takes 1 or more"),
        (("check", "--profile", "cii"), "did you mean ci?"),
        (("compare", "ci", "cj"), "there is no run"),
        (("compare", 300 * "c", "ci"), "cannot be used (File name too long)"),
        (("params", "sun/" + 300 * "c"), "cannot be used (File name too long)"),
        (("cite", "sun-01-flux", "--run", "ci"), "none was made here yet, `make book PROFILE=ci` makes one"),
        (("data", "fetch", "sun"), "data-manifest.yaml"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_two(project, flarebook, arguments, sentence):
    code, out, error = flarebook(*arguments)
    assert code == 2 and sentence in error
    assert error.startswith("flarebook: ") and error.count("\n") == 1 and "Traceback" not in out + error


def test_too_little_memory_is_one_sentence(project, flarebook, monkeypatch):
    def claim(notebook):
        raise MemoryError("Unable to allocate 132. GiB")

    monkeypatch.setattr("flarebook.commands.tables.parameters_table", claim)
    assert flarebook("params", "sun/1-draw") == (
        2,
        "",
        "flarebook: there is not enough memory (Unable to allocate 132. GiB): give less or smaller input\n",
    )


def test_check_of_a_profile_that_has_not_run_names_those_that_have(project, flarebook):
    (project / "build/ci").mkdir(parents=True)
    assert "run it first with `make book PROFILE=ci`\n" in flarebook("check", "--profile", "ci")[2]
    for name in ("profiles", "metrics"):
        (project / name / "laptop.yaml").write_text((project / name / "ci.yaml").read_text())
    open_run("sun/1-draw", "build/ci").metric("flares.flux", 1.1)
    assert "or give a --profile that has run: ci\n" in flarebook("check")[2]


def test_check_ends_with_one_when_a_gate_is_red(project, flarebook):
    open_run("sun/1-draw", "build/ci").metric("flares.flux", 1.1)
    code, out, _ = flarebook("check", "--profile", "ci")
    assert code == 0 and "1 green, 0 red, 0 missing" in out and "6 sd of 4 draws" in out
    open_run("sun/1-draw", "build/ci").metric("flares.flux", 2.0)
    code, out, _ = flarebook("check", "--profile", "ci")
    assert code == 1 and "0 green, 1 red" in out
    assert flarebook("check", "--profile", "ci", "--brief")[:2] == (
        1,
        "Gates: 1 red (sun.flares.flux); 0 of 1 green.\n",
    )


@pytest.mark.parametrize(("flux", "strict", "code"), [(2.0, "", 0), (2.0, "strict", 2), (1.0, "strict", 0)])
def test_make_ends_with_the_gates_and_fails_on_a_red_one_when_asked(project, checkout, flux, strict, code):
    open_run("sun/1-draw", "build/ci").metric("flares.flux", flux)
    command = ["make", "-C", checkout, "-s", "gates", "PROFILE=ci", f"GATES={strict}", f"PYTHON={sys.executable}"]
    done = subprocess.run(command, capture_output=True, text=True)
    words = "1 of 1 green" if flux == 1.0 else "1 red (sun.flares.flux); 0 of 1 green"
    assert (done.returncode, done.stdout) == (code, f"Gates: {words}.\n")


def test_compare_shows_the_difference(project, flarebook):
    open_run("sun/1-draw", "build/ci").metric("flares.flux", 1.0, spread=0.3)
    open_run("sun/1-draw", "build/runs/hot").metric("flares.flux", 1.5, spread=0.4)
    code, out, _ = flarebook("compare", "ci", "hot")
    assert code == 0 and [word for word in out.split() if word == "0.5"] and "1" in out


def test_compare_lists_only_what_changed_unless_asked_and_sums_up_first(project, flarebook):
    one, two = open_run("sun/1-draw", "build/ci"), open_run("sun/1-draw", "build/runs/hot")
    for run, flux in ((one, 1.0), (two, 1.5)):
        run.metric("flares.flux", flux, spread=0.1)
        run.metric("flares.number", 5)
    one.metric("flares.lonely", 2.0)
    _, out, _ = flarebook("compare", "ci", "hot")
    assert out.startswith(
        "Recorded parameters that differ: 0, in 0 notebooks.\nMetrics that changed: 1 of 2, 1 of them"
    )
    assert "flares.flux" in out and "flares.number" not in out and "lonely" not in out
    assert "Metrics of one run only: 1." in out
    assert {"sun.flares.lonely", "sun.flares.number"} <= set(flarebook("compare", "ci", "hot", "--all")[1].split())


@pytest.fixture
def published(project):
    """Project in which one figure is published."""
    import matplotlib.pyplot as plt
    import pandas as pd

    run = open_run("sun/1-draw", "build/ci")
    alt = "An empty pair of axes, which stands in for a figure of the flux of flares."
    data = pd.DataFrame({"flux": [1]})
    caption = "Flux & 100 % of it. More words."
    run.figure("sun-01-flux", plt.figure(), caption=caption, alt=alt, data=data, origin="real")
    return project


def test_figures_are_listed_with_their_number_in_the_paper(published, flarebook):
    code, out, _ = flarebook("figures", "ci")
    assert code == 0 and "sun-01-flux" in out and "real" in out and "svg png pdf csv json" in out


def test_another_s_file_among_the_figures_is_skipped_with_its_reason(published, flarebook):
    folder = published / "build/ci/figures"
    (folder / "spec.json").write_text('{"mark": "bar"}')
    (folder / "sun-02-cut.json").write_text("{")
    (folder / "sun-03-other.json").write_text('{"mark": "bar"}')
    code, out, error = flarebook("figures", "ci")
    assert code == 2 and "sun-01-flux" in out and error.count("skipped: ") == 3 and "Traceback" not in error
    assert "spec.json is no record of a figure" in error and "sun-03-other.json: label: field required" in error
    assert flarebook("cite", "sun-01-flux", "--run", "ci")[0] == 0
    assert "sun-02-cut.json is cut" in flarebook("cite", "sun-02-cut", "--run", "ci")[2]


@pytest.mark.parametrize("arguments", [("check", "--profile", "ci"), ("compare", "ci", "ci")])
def test_a_cut_file_of_metrics_is_a_sentence(published, flarebook, arguments):
    (published / "build/ci/results/sun/1-draw/metrics.json").write_text("[{")
    code, out, error = flarebook(*arguments)
    assert code == 2 and "metrics.json is cut or no JSON" in error and "Traceback" not in out + error


def test_control_characters_of_records_reach_no_terminal(published, flarebook):
    path = published / "build/ci/figures/sun-01-flux.json"
    path.write_text(path.read_text().replace("Flux &", "Flux \\u001b]0;gone\\u0007 &"))
    assert "\x1b" not in "".join(map(str, flarebook("figures", "ci")))
    assert "\x1b" not in "".join(map(str, flarebook("cite", "sun-01-flux", "--run", "ci")))


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_with_what_was_kept(project, flarebook, monkeypatch, name):
    number = getattr(signal, name)
    monkeypatch.setattr("flarebook.commands.tables.parameters_table", lambda notebook: signal.raise_signal(number))
    code, out, error = flarebook("params", "sun/1-draw")
    assert code == 128 + number and error == (
        f"flarebook: stopped by {name}: complete files, earlier runs and parts of downloads are kept, "
        "what was half written is not\n"
    )


def test_a_figure_is_cited_with_its_data_hash(published, flarebook):
    record = json.loads((published / "build/ci/figures/sun-01-flux.json").read_text())
    code, out, _ = flarebook("cite", "sun-01-flux", "--run", "ci")
    assert code == 0 and "Flux & 100 % of it." in out and record["data_sha256"][:12] in out and "real data" in out
    assert "More words" not in out and record["time"][:4] in out


def test_a_run_is_named_by_either_option(published, flarebook):
    for command in (("cite", "sun-01-flux"), ("list",)):
        assert flarebook(*command, "--profile", "ci") == flarebook(*command, "--run", "ci")
    assert flarebook("cite", "sun-01-flux", "--profile", "ci")[0] == 0


def test_bibtex_escapes_what_tex_would_take_for_commands(published, flarebook):
    code, out, _ = flarebook("cite", "fig-sun-01-flux", "--run", "ci", "--bibtex")
    assert code == 0 and out.startswith("@misc{flarebook-sun-01-flux,") and r"Flux \& 100 \% of it." in out
    assert out.count("{") == out.count("}")


def test_a_run_that_is_not_there_names_those_that_are(published, flarebook):
    code, _, error = flarebook("cite", "sun-01-flux")
    assert code == 2 and "there is no run 'laptop': give a profile, a run's label or a folder; here are ci\n" in error


def test_a_mistyped_figure_names_the_nearest(published, flarebook):
    code, _, error = flarebook("cite", "sun-01-flix", "--run", "ci")
    assert code == 2 and "did you mean sun-01-flux?" in error


def test_data_status_turns_red_when_a_sample_was_changed(project, flarebook):
    entry = "id: sun-flux, study: sun, title: Flux, origin: real, url: null, doi: null, licence: MIT, citation: null"
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of "abc"
    line = f"datasets: [{{{entry}, path: flux.csv, size: 3, sha256: {digest}, ships: true, stands_in: null}}]"
    (project / "data-manifest.yaml").write_text(line)
    assert flarebook("data", "status")[0] == 1  # missing
    (project / "flux.csv").write_text("abc")
    code, out, _ = flarebook("data", "status", "--study", "sun")
    assert code == 0 and "ships" in out and "ok" in out
    (project / "flux.csv").write_text("abd")
    code, out, _ = flarebook("data", "status")
    assert code == 1 and "wrong" in out
    code, _, error = flarebook("data", "fetch", "sun-flux")
    assert code == 2 and "git checkout" in error


def test_every_command_explains_itself_with_an_example(flarebook):
    for command in ("list", "params", "run", "check", "figures", "cite", "compare", "gates"):
        code, out, _ = flarebook(command, "--help")
        assert code == 0 and "Example: flarebook" in out, command


def test_help_loads_neither_papermill_nor_tensorflow():
    code = "import sys; from flarebook.commands import main; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"papermill", "tensorflow", "keras", "pandas", "matplotlib", "numpy"} & set(loaded)


LEARNING = {"tensorflow", "keras", "torch", "sklearn", "transformers", "diffusers"}
PLOTTING = {"matplotlib", "seaborn", "IPython"}


@pytest.mark.parametrize(
    ("arguments", "unneeded"),
    [
        ("list --profile ci", LEARNING | PLOTTING | {"pandas", "astropy", "numba"}),
        ("compare ci none", LEARNING | PLOTTING | {"pandas", "astropy", "numba"}),
        ("data fetch none", LEARNING | PLOTTING | {"pandas", "astropy", "numba", "papermill"}),
        ("iris score {iris}/iris_20140329_mg2_raster.fits", LEARNING | PLOTTING | {"astropy.table", "sunpy"}),
        ("solarchip labels {solarchip}/goes15_20110607.fits.gz", LEARNING | PLOTTING | {"numba", "sunpy"}),
        ("solarchip simulate {out} --days 1 --size 16", LEARNING | PLOTTING | {"sunpy"}),
        ("stix embed {out} --encoder pixels --out {out}", LEARNING | PLOTTING | {"numba", "scipy.stats", "sunpy"}),
    ],
)
def test_a_command_imports_only_what_it_needs(arguments, unneeded, tmp_path):
    folders = {study: project_root() / "src" / "flarebook" / study / "data" for study in ("iris", "solarchip")}
    words = [word.format(out=tmp_path, **folders) for word in arguments.split()]
    code = (
        "import atexit, sys; atexit.register(lambda: print('modules', *sys.modules)); "
        f"sys.argv[1:] = {words}; from flarebook.commands.main import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=project_root(), capture_output=True, text=True)
    loaded = set(done.stdout.partition("modules")[2].split())
    assert "typer" in loaded and "Traceback" not in done.stderr and not unneeded & loaded, unneeded & loaded


@pytest.mark.parametrize("study", ["iris", "stix", "solarchip"])
def test_each_study_has_its_commands(flarebook, study):
    code, out, _ = flarebook(study, "--help")
    assert code == 0 and "fetch" in out


def test_a_path_that_may_not_be_looked_at_is_one_sentence(project, flarebook, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied", "secret/results")

    monkeypatch.setattr("flarebook.compendium.comparison.runs.run_folder", refuse)  # root may look everywhere
    code, _, err = flarebook("compare", "secret", "secret")
    assert code == 2
    assert err.strip() == ("flarebook: secret/results cannot be used (Permission denied): check it and its permissions")


def test_one_unreadable_file_does_not_end_a_batch_before_it_begins():
    batches = 0
    for name, study in typer.main.get_command(main.app).commands.items():
        for command in getattr(study, "commands", {}).values():
            for parameter in command.params:
                told = parameter.type_descriptor
                if parameter.nargs == -1 and told.annotation == list[Path]:
                    batches += 1
                    assert not told.parameter_info.readable, f"{name} {command.name}: the reader tells it of each file"
    assert batches == 6


def commands_of(group, words=()):
    """All commands below a group: [(words, command)]."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands_of(command, (*words, name))
        else:
            yield (*words, name), command


DEFAULTS = {  # of options whose value is decided later
    ("run",): ("build/runs/LABEL", "build/PROFILE", "STUDY-STEP-TIME", "all"),
    ("gates",): ("all",),
    ("list",): ("all", "laptop"),
    ("iris", "score"): ("summary only", "the shipped ensemble"),
    ("stix", "show"): ("print only",),
    ("stix", "embed"): ("local", "as trained"),
    ("solarchip", "embed"): ("of December 2017",),
    ("solarchip", "translate"): ("the shipped one", "of December 2017"),
}


def test_help_shows_its_defaults_and_is_taken_for_no_markup(flarebook, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    for words, command in commands_of(typer.main.get_command(main.app)):
        for text in (command.help, *(getattr(parameter, "help", "") for parameter in command.params)):
            assert Text.from_markup(text or "").plain == (text or ""), words
        _, out, _ = flarebook(*words, "--help")
        assert " ." not in [line.rstrip(" \u2502")[-2:] for line in out.splitlines()], words
        for default in DEFAULTS.get(words, ()):
            assert f"[default: ({default})]" in out or f"[default: {default}]" in out, (words, default)


def test_compare_tells_whose_spread_and_which_parameters_differ(project, flarebook):
    for folder, n_flares in (("build/ci", 5), ("build/runs/hot", 8)):
        open_run("sun/1-draw", folder).metric("flares.flux", 1.0 / n_flares, spread=0.3)
        path = project / folder / "notebooks/sun/1-draw.ipynb"
        path.parent.mkdir(parents=True)
        made = {"output": folder, "inputs": "", "n_flares": n_flares}
        path.write_text(json.dumps({"metadata": {"papermill": {"parameters": made}}}))
    _, out, _ = flarebook("compare", "ci", "hot")
    assert "Parameters of sun/1-draw: n_flares 5 and 8\n" in out
    assert "In spreads: difference over the root sum of squares of both runs' standard deviations." in out
