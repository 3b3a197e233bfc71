"""A notebook rests on the modules that it imports, however far down, and on no others."""

from flarebook.compendium.sources import notebook_sources


def write(project, name, code):
    """Write a module or a data file of the small project's package."""
    path = project / "src/flarebook" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(code)


def test_imports_are_followed_through_modules(project):
    write(project, "__init__.py", "")
    write(project, "compendium/run.py", "from flarebook.compendium.files import whole_file\nimport numpy")
    write(project, "compendium/files.py", "def later():\n    from flarebook.sun import flux")
    write(project, "sun/flux.py", "")
    write(project, "sun/other.py", "")
    found = notebook_sources("sun/1-draw")
    assert found == ["src/flarebook/" + name for name in ("compendium/files.py", "compendium/run.py", "sun/flux.py")]


def test_data_count_for_those_that_name_them_and_for_all_when_nobody_does(project):
    write(project, "compendium/run.py", "import flarebook.sun.flux")
    write(project, "sun/flux.py", "FILE = 'flux.csv'")
    write(project, "sun/score.py", "FILE = 'weights.safetensors'")
    for name in ("flux.csv", "weights.safetensors", "r000.fits"):
        write(project, f"sun/data/{name}", "")
    found = {path.split("/")[-1] for path in notebook_sources("sun/1-draw")}
    assert found == {"run.py", "flux.py", "flux.csv", "r000.fits"}
