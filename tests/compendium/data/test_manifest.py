"""The manifest names every data set's origin, licence and hash, and its shipped files are unchanged."""

import pytest

from flarebook.compendium.data.download import fetch, shipped
from flarebook.compendium.data.manifest import dataset, read_manifest
from flarebook.compendium.errors import InputError

ENTRY = """datasets:
  - {id: sun-flux, study: sun, title: Flux, origin: real, url: null, doi: null, licence: MIT, citation: null,
     path: flux.csv, size: 3, sha256: null, ships: true, stands_in: null}
"""


def write(project, text):
    """Write the manifest of the small project."""
    (project / "data-manifest.yaml").write_text(text)


def test_a_single_file_may_be_written_short(project):
    write(project, ENTRY)
    assert [file.path for file in dataset("sun-flux").files] == ["flux.csv"]


def test_a_file_is_looked_for_under_the_name_it_is_saved_as(project, monkeypatch, tmp_path):
    long = "files: [{url: https://example.org/x/version_1_final.csv, saved_as: fluxes.csv}]"
    short = "path: flux.csv, size: 3, sha256: null, ships: true, stands_in: null"
    write(project, ENTRY.replace(short, f"{long}, ships: false, stands_in: none"))
    monkeypatch.setenv("FLAREBOOK_MIRROR", str(tmp_path))
    (tmp_path / "fluxes.csv").write_text("1 2")
    assert fetch(dataset("sun-flux").files[0]) == tmp_path / "fluxes.csv"


def test_a_mistyped_id_names_the_nearest(project):
    write(project, ENTRY)
    with pytest.raises(InputError, match=r"no data set 'sun-flx' \(did you mean sun-flux\?\)"):
        dataset("sun-flx")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("origin: real", "origin: imagined", "origin"),
        ("licence: MIT, ", "", "licence: field required"),
        ("sha256: null", "sha256: 12ab", "sha256"),
        ("path: flux.csv", "pth: flux.csv", "pth: extra inputs"),
        ("path: flux.csv", "path: /etc/passwd", "path: it leads out of its folder .it is '/etc/passwd'.: correct"),
        ("path: flux.csv", "path: data/../../x", "path: it leads out of its folder"),
        ("path: flux.csv", "files: [{saved_as: ../x.csv}]", "files.0.saved_as: it leads out of its folder"),
    ],
)
def test_a_wrong_field_is_named(project, old, new, message):
    write(project, ENTRY.replace(old, new))
    with pytest.raises(InputError, match=f"data-manifest.yaml: .*{message}"):
        read_manifest()


def test_an_id_is_given_once(project):
    write(project, ENTRY + ENTRY.removeprefix("datasets:\n"))
    with pytest.raises(InputError, match="lists an id twice"):
        read_manifest()


SHIPPED = [(data.id, file) for data in read_manifest().values() if data.ships for file in data.files]


@pytest.mark.parametrize("file", [file for _, file in SHIPPED], ids=[f"{id}-{file.name}" for id, file in SHIPPED])
def test_what_ships_is_there_with_its_hash_and_size(file):
    assert file.sha256, f"{file.path} has no sha256 in the manifest"
    assert shipped(file).stat().st_size == file.size


def test_every_data_set_that_ships_names_its_files_and_every_other_what_stands_in():
    for data in read_manifest().values():
        assert bool(data.files) if data.ships else data.stands_in, data.id


SERIES = (
    "{url: 'https://example.org/%Y/%m/{channel}_%d.fits', cadence: P1D, first: 2010-05-01, last: 2010-05-31,"
    " values: {channel: ['0094', '1700']}, size: 1000}"
)


def with_template(project, template):
    """The data set of the small project with a template of addresses in place of its file."""
    short = "path: flux.csv, size: 3, sha256: null, ships: true, stands_in: null"
    write(project, ENTRY.replace(short, f"templates: [{template}], ships: false, stands_in: none"))
    return dataset("sun-flux")


def test_a_template_stands_for_every_day_and_value(project):
    data = with_template(project, SERIES)
    assert (data.count, data.bytes) == (62, 62_000)
    assert data.templates[0].address("2010-05-09", channel="1700") == "https://example.org/2010/05/1700_09.fits"


@pytest.mark.parametrize(
    ("cadence", "count"), [("P1D", 5359), ("P1M", 176), ("P1Y", 14), ("PT12H", 2 * 5359), ("PT6M", 240 * 5359)]
)
def test_a_template_counts_its_times(project, cadence, count):
    text = SERIES.replace("P1D", cadence).replace("last: 2010-05-31", "last: 2024-12-31")
    assert with_template(project, text.replace("'0094', ", "")).count == count


def test_a_template_counts_the_rows_of_a_table(project):
    (project / "days.csv").write_text("start\n2014-03-29\n2014-09-10\n")
    text = "{url: 'https://example.org/%Y%m%d.fits', table: days.csv, time: start}"
    assert with_template(project, text).count == 2
    assert with_template(project, text.replace("days.csv", "sun-flux")).count is None
    with pytest.raises(InputError, match="sun-flux has the table 'nights.csv', no file and no data set"):
        with_template(project, text.replace("days.csv", "nights.csv"))


def test_a_template_takes_some_rows_of_a_table_and_a_window_of_each(project):
    (project / "flares.csv").write_text("start,onset,kind\n2014-03-29,2014-03-30T00:10,PF\n2014-01-01,,AR\n,,none\n")
    text = (
        "{url: 'https://example.org/%Y%m%d.fits', table: flares.csv, time: start, where: {kind: [PF, AR]},"
        " window: {column: onset, minutes: [-26, -1], otherwise: the first 25 minutes}}"
    )
    rows = with_template(project, text).templates[0].rows()
    assert [row["window"] for row in rows] == ["2014-03-29T23:44/2014-03-30T00:09", "the first 25 minutes"]


def test_a_template_takes_the_entries_of_a_mapping(project):
    (project / "weights.yaml").write_text("a: {hub: x/a, megabytes: 3}\nb: {hub: x/b, megabytes: 4}\n")
    template = with_template(project, "{url: 'https://example.org/{hub}', table: weights.yaml}").templates[0]
    assert [template.url.format(**row) for row in template.rows()] == [
        "https://example.org/x/a",
        "https://example.org/x/b",
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("cadence: P1D", "cadence: daily", "cadence"),
        ("cadence: P1D, ", "", "needs cadence, first and last, or a table"),
        ("last: 2010-05-31", "last: 2009-05-31", "comes before the first"),
        ("https:", "http:", "url"),
        ("first: 2010-05-01", "first: 2010-13-01", "first"),
    ],
)
def test_a_wrong_template_is_named(project, old, new, message):
    with pytest.raises(InputError, match=f"data-manifest.yaml: .*{message}"):
        with_template(project, SERIES.replace(old, new))


def test_a_notebook_that_does_not_exist_is_refused(project):
    write(project, ENTRY.replace("stands_in: null", "stands_in: null, read_by: [sun/1-draw]"))
    assert dataset("sun-flux").read_by == ["sun/1-draw"]
    write(project, ENTRY.replace("stands_in: null", "stands_in: null, read_by: [sun/9-drawn]"))
    with pytest.raises(InputError, match="sun-flux is read by 'sun/9-drawn', which is no notebook"):
        read_manifest()
