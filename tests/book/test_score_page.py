"""The page that scores a spectrum gives the package's numbers, refuses what it refuses, and works from disk."""

import base64
import contextlib
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits

from flarebook.compendium.errors import InputError
from flarebook.iris.atmospheres.library import compare_with_library, load_library
from flarebook.iris.classifiers.inference import load_ensemble
from flarebook.iris.classifiers.realtime_score import refuse_coarse, score_file, score_spectra
from flarebook.iris.features.extract import extract_features, interpolate_profiles
from flarebook.iris.mg2 import GRID
from flarebook.iris.observations import find_observation
from flarebook.iris.rasters.level2 import PLAUSIBLE
from flarebook.iris.rasters.raster import flag_spectra
from flarebook.iris.rasters.read import iter_exposures, read_raster
from flarebook.iris.rasters.samples import real_raster, sample_path
from flarebook.iris.rasters.window import needed_wavelengths
from flarebook.iris.rasters.write import write_raster
from flarebook.iris.score_page import Example, score_page
from flarebook.iris.simulation.observation import load_calibration, simulate_observation
from tests.book.conftest import needs
from tests.book.every_page import (  # noqa: F401
    test_page_fits_its_width_in_both_schemes_and_axe_finds_nothing_serious,
    test_tab_reaches_every_control_and_shows_where_it_is,
    test_the_head_forbids_every_request,
)

pytestmark = needs("iris")
RASTER = "iris_20140329_mg2_raster.fits"
CLOSE = {"rtol": 1e-5, "atol": 1e-5}
OR_REFUSED = """const orRefused = (action) => {
    try { const { features, score, spread } = action(); return [...features, score, spread]; }
    catch (error) { if (error instanceof Refusal) return error.message; throw error; }
};"""
ASSESS = """spectra => spectra.map(([wavelength, intensity, exposureTime]) => orRefused(() => {
    const own = completed({ wavelength, intensity, exposureTime, lengthUnit: "Angstrom", countUnit: "DN" }, {});
    return assess(own.wavelength, own.spectrum, own.exposureTime);
}))"""
SLIT = """([nExposures, nSlit]) => Array.from({ length: nExposures }, (_, exposure) =>
    Array.from({ length: nSlit }, (_, pixel) => orRefused(() => assessSlit(exposure, pixel))))"""
READ_FITS = """([base64, number, said]) => orRefused(() => {
    const own = completed(readFits(bytesOf(base64).buffer).at(number), said);
    return assess(own.wavelength, own.spectrum, own.exposureTime);
})"""
READ_LEVEL2 = """(base64) => {
    const spectra = readFits(bytesOf(base64).buffer), own = (number) => completed(spectra.at(number), {});
    const assessed = (_, number) => orRefused(() => {
        const { wavelength, spectrum, exposureTime } = own(number);
        return assess(wavelength, spectrum, exposureTime);
    });
    const results = Array.from({ length: spectra.count }, assessed);
    return { results, name: spectra.name(25), first: spectra.first, notes: own(0).notes };
}"""
READ_TEXT = """([text, said]) => orRefused(() => {
    const own = completed(readText(text), said);
    return assess(own.wavelength, own.spectrum, own.exposureTime);
})"""


@pytest.fixture(scope="session")
def ensemble():
    return load_ensemble()


@pytest.fixture(scope="session")
def simulated():
    """A simulated pre-flare observation of two hundred spectra."""
    raster, _ = simulate_observation(find_observation("PF 16"), load_library(), np.random.default_rng(2), 1, 200)
    return raster


@pytest.fixture(scope="session")
def file(tmp_path_factory, ensemble, simulated):
    """The page as the book has it, with one example."""
    raster = real_raster()
    example = Example("PF 16", "SIMULATED", simulated.wavelength, simulated.spectra[0, 50], simulated.exposure_time[0])
    exposures, library = list(iter_exposures(sample_path(RASTER))), load_library()
    lines, y = load_calibration()["blanketing"], raster.y[0] + raster.slit_offset
    path = tmp_path_factory.mktemp("score") / "score-a-spectrum.html"
    path.write_text(score_page(ensemble, exposures, y, "a raster", library, lines, [example]), encoding="utf-8")
    return path


@pytest.fixture
def page(page):
    page.add_script_tag(content=OR_REFUSED)
    return page


def package_result(wavelength, spectrum, seconds, ensemble):
    """Features, score and spread as the package has them, (12,), or its reason to give none."""
    low, high, _ = PLAUSIBLE["exposure_time"]
    seconds = seconds if low <= seconds <= high else np.nan  # as the reader of rasters takes it
    spectrum = np.asarray(spectrum, np.float32)[None]
    try:
        (score,), (spread,) = score_spectra(spectrum, wavelength, seconds, ensemble)
        refuse_coarse(wavelength, "the spectrum")
    except InputError as error:
        return str(error)
    needed = needed_wavelengths(np.asarray(wavelength))
    flag = flag_spectra(np.where(spectrum > -199.9, spectrum, np.nan), needed, seconds, 0.0, 0.1)[0]
    if flag or np.isnan(score):
        return "no score"
    return np.array([*extract_features(spectrum, wavelength, seconds)[0][0], score, spread])


def own(wavelength, spectrum, seconds):
    """A spectrum as it is handed to the page."""
    return [np.asarray(wavelength, float).tolist(), np.asarray(spectrum, float).tolist(), float(seconds)]


def test_every_real_spectrum_has_the_features_and_the_score_of_the_package(page, ensemble):
    raster = real_raster()
    table = score_file(sample_path(RASTER), ensemble)
    spectra, seconds = raster.flat()
    features, _ = extract_features(spectra, raster.wavelength, seconds)
    found = sum(page.evaluate(SLIT, raster.quality.shape), [])
    scored = np.array([not isinstance(one, str) for one in found])
    np.testing.assert_array_equal(scored, table["score"].notna())
    assert scored.sum() > 3000
    values = np.array([one for one in found if not isinstance(one, str)])
    np.testing.assert_allclose(values[:, :10], features[scored], **CLOSE)
    np.testing.assert_allclose(values[:, 10:], table.loc[scored, ["score", "spread"]], **CLOSE)


def test_simulated_spectra_have_the_features_and_the_score_of_the_package(page, ensemble, simulated):
    library, seconds = load_library(), float(simulated.exposure_time[0])
    spectra = [own(simulated.wavelength, spectrum, seconds) for spectrum in simulated.spectra[0]]
    spectra += [own(library.wavelength, profile, 4.0) for profile in 8e10 * library.profiles[::2]]
    expected = [package_result(*spectrum, ensemble) for spectrum in spectra]
    found = page.evaluate(ASSESS, spectra)
    assert [isinstance(one, str) for one in found] == [isinstance(one, str) for one in expected]
    kept = [row for row, one in enumerate(expected) if not isinstance(one, str)]
    assert len(kept) > 350
    np.testing.assert_allclose([found[row] for row in kept], [expected[row] for row in kept], **CLOSE)


def spoiled(wavelength, spectrum):
    """Spectra that are no good, and two that still are: {what: (wavelength, spectrum, seconds)}."""
    short, coarse, swapped, missing = wavelength < 2805.0, slice(None, None, 5), wavelength.copy(), spectrum.copy()
    swapped[[100, 101]], missing[250] = swapped[[101, 100]], -200.0
    outside, bright, nan = spectrum.copy(), spectrum.copy(), spectrum.copy()
    outside[3], bright[130], nan[-60] = -200.0, 16183.75, np.nan
    return {
        "good": (wavelength, spectrum, 8.0), "missing outside the grid": (wavelength, outside, 8.0),
        "too short": (wavelength[short], spectrum[short], 8.0), "backwards": (wavelength[::-1], spectrum[::-1], 8.0),
        "not ascending": (swapped, spectrum, 8.0), "too coarse": (wavelength[coarse], spectrum[coarse], 8.0),
        "missing": (wavelength, missing, 8.0), "not a number": (wavelength, nan, 8.0),
        "infinite": (wavelength, np.where(wavelength > 2800, np.inf, spectrum), 8.0),
        "saturated": (wavelength, bright, 8.0), "no exposure time": (wavelength, spectrum, 0.0),
        "negative exposure time": (wavelength, spectrum, -8.0), "long exposure": (wavelength, spectrum, 121.0),
        "dark": (wavelength, 0 * spectrum, 8.0), "negative": (wavelength, -spectrum, 8.0),
        "one value": (wavelength[:1], spectrum[:1], 8.0), "in nm": (wavelength / 10, spectrum, 8.0),
    }  # fmt: skip


def test_page_refuses_what_the_package_refuses(page, ensemble):
    raster = real_raster()
    cases = spoiled(raster.wavelength, np.nan_to_num(raster.spectra[1, 700], nan=1.0).astype(float))
    found = dict(zip(cases, page.evaluate(ASSESS, [own(*case) for case in cases.values()]), strict=True))
    refused = {what for what, one in found.items() if isinstance(one, str)}
    assert refused == {what for what, case in cases.items() if isinstance(package_result(*case, ensemble), str)}
    assert refused == set(cases) - {"good", "missing outside the grid"}
    assert all(found[what].endswith(".") and len(found[what]) > 40 for what in refused)


def test_nearest_library_shape_is_that_of_the_package(page):
    raster, lines = real_raster(), load_calibration()["blanketing"]
    rows = np.flatnonzero(raster.quality[1])[::40]
    _, expected = compare_with_library(
        interpolate_profiles(raster.spectra[1, rows], raster.wavelength)[0], GRID, load_library(), lines
    )
    script = "rows => rows.map((pixel) => nearest(assessSlit(1, pixel)))"
    page.locator("#atmosphere tr").first.wait_for()
    found = page.evaluate(script, rows.tolist())
    np.testing.assert_allclose([one["distance"] for one in found], expected["distance"], atol=1e-5)
    for name in ("profile", "macroturbulence", "shift", "covered"):
        np.testing.assert_array_equal([one[name] for one in found], expected[name])


@pytest.fixture(scope="module")
def spectrum():
    """Wavelength (n,) and counts (n,) of a bright real spectrum, and the features and score of the package."""
    raster = real_raster()
    bright = np.where(raster.quality, np.nan_to_num(raster.spectra).max(axis=2), 0)
    counts = raster.spectra[np.unravel_index(bright.argmax(), bright.shape)].astype(np.float64)
    whole = np.isfinite(counts)
    return raster.wavelength[whole], counts[whole]


def axis(wavelength, **cards):
    """Header of an image whose first axis is wavelength."""
    step = np.diff(wavelength).mean()
    stated = {"CTYPE1": "WAVE", "CUNIT1": "Angstrom", "CRVAL1": wavelength[0], "CDELT1": step, "CRPIX1": 1.0}
    stated |= {"BUNIT": "DN", "EXPTIME": 8.0} | cards
    return fits.Header([(key, value) for key, value in stated.items() if value is not None])


def table(wavelength, counts, wave_unit="Angstrom", unit="DN", **cards):
    """A table of one row a wavelength, or one row a spectrum."""
    form = "D" if np.ndim(counts) == 1 else f"{np.shape(counts)[1]}D"
    columns = [
        fits.Column("WAVELENGTH", form, wave_unit, array=wavelength), fits.Column("NAME", "4A", array=["x"]),
        fits.Column("COUNTS", form, unit, array=counts),
    ]  # fmt: skip
    return fits.BinTableHDU.from_columns(columns, header=fits.Header({"EXPTIME": 8.0, **cards}))


def coded(*hdus):
    """Base64 of a FITS file."""
    content = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(content)
    return base64.b64encode(content.getvalue()).decode()


def test_fits_tables_and_images_score_as_their_numbers_do(page, ensemble, spectrum):
    wavelength, counts = spectrum
    step = np.diff(wavelength).mean()
    both = np.stack([counts[::-1], counts])
    scaled = fits.ImageHDU(both.astype(np.float32), axis(wavelength))
    scaled.scale("int16", bzero=7992, bscale=0.25)
    nm = {"CUNIT1": "nm", "CRVAL1": wavelength[0] / 10, "CDELT1": step / 10}
    files = {
        "table": (coded(table(wavelength, counts)), 0),
        "table of spectra in nm": (coded(table(np.stack([wavelength] * 2) / 10, both, "nm")), 1),
        "table of DN/s": (coded(table(wavelength, counts / 8, unit="DN/s")), 0),
        "image": (coded(fits.ImageHDU(counts, axis(wavelength))), 0),
        "image in nm": (coded(fits.ImageHDU(counts, axis(wavelength, **nm))), 0),
        "image of integers": (coded(scaled), 1),
        "image towards the blue": (
            coded(fits.ImageHDU(counts[::-1], axis(wavelength, CRVAL1=wavelength[-1], CDELT1=-step))),
            0,
        ),
    }
    expected = package_result(wavelength, counts, 8.0, ensemble)
    for what, (content, number) in files.items():
        found = page.evaluate(READ_FITS, [content, number, {}])
        assert not isinstance(found, str), (what, found)
        np.testing.assert_allclose(found, expected, **CLOSE, err_msg=what)


def test_fits_files_that_leave_something_open_are_refused_with_a_sentence(page, spectrum):
    wavelength, counts = spectrum
    missing = {
        key: coded(fits.ImageHDU(counts, axis(wavelength, **{key: None})))
        for key in ("CUNIT1", "BUNIT", "CRPIX1", "CDELT1")
    }
    files = {
        **{f"does not state {key}": content for key, content in missing.items()},
        "exposure time is not stated": coded(fits.ImageHDU(counts, axis(wavelength, EXPTIME=None))),
        "wavelengths in air": coded(fits.ImageHDU(counts, axis(wavelength, CTYPE1="AWAV"))),
        "neither DN nor DN/s": coded(fits.ImageHDU(counts, axis(wavelength, BUNIT="erg"))),
        "give wavelengths in Å or nm": coded(fits.ImageHDU(counts, axis(wavelength, CUNIT1="km/s"))),
        "no table with a wavelength column": coded(fits.ImageHDU(counts, axis(wavelength, CTYPE1="HPLN"))),
        "compressed": coded(fits.CompImageHDU(np.stack([counts, counts]).astype(np.float32), axis(wavelength))),
        "0 columns in DN": coded(table(wavelength, counts, unit="erg")),
        "wavelength unit is not stated": coded(table(wavelength, counts, wave_unit=None)),
        "cut short": coded(table(wavelength, counts))[:12000],
        "not a FITS file": "QUJD" * 40,
    }
    for sentence, content in files.items():
        found = page.evaluate(READ_FITS, [content, 0, {}])
        assert isinstance(found, str) and sentence in found, (sentence, found)


OTHER = {"TDESC1": "C II 1336", "TWMIN1": 1331.7, "TWMAX1": 1337.8}  # a window that stands before that of Mg II
LEVEL2 = {  # cards of the primary header and of the window that are changed, None to drop them
    "as the archive writes it": ({}, {}),
    "counts per second": ({"BUNIT": "DN/s"}, {}),
    "unit and medium not stated": ({"BUNIT": None}, {"CTYPE1": None}),
    "recalibrated": ({}, {"CRVAL1": 2793.2}),
    "resized": ({}, {"CDELT1": 0.013}),
    "towards the blue": ({}, {"CDELT1": -0.0254599992186, "CRVAL1": 2806.58000625}),
}


def level2_file(path, primary, window):
    """Write three exposures of 20 slit pixels, of 4, 8 and 16 s, behind another window; returns base64 and Raster."""
    raster = replace(read_raster(sample_path(RASTER), slit=(540, 560)), exposure_time=np.array([4.0, 8.0, 16.0]))
    with fits.open(write_raster(raster, path)) as hdus:
        stated = {f"{key}2": hdus[0].header[f"{key}1"] for key in ("TDESC", "TWMIN", "TWMAX")}
        for header, cards in ((hdus[0].header, stated | OTHER | primary), (hdus[1].header, window)):
            for key, value in cards.items():
                header.pop(key, None)
                if value is not None:
                    header[key] = value
        other = fits.ImageHDU(np.zeros((3, 20, 5), np.int16), axis(np.linspace(1332, 1337, 5), BUNIT=None))
        fits.HDUList([hdus[0], other, *hdus[1:]]).writeto(path, overwrite=True)
    return base64.b64encode(path.read_bytes()).decode(), read_raster(path)


@pytest.mark.filterwarnings("ignore::flarebook.compendium.errors.MetadataWarning")
@pytest.mark.parametrize("what", LEVEL2)
def test_level_2_files_score_as_the_package_reads_them_and_say_in_its_words_what_they_leave_open(
    page, ensemble, tmp_path, what
):
    content, raster = level2_file(tmp_path / "level2.fits", *LEVEL2[what])
    spectra, seconds = raster.flat()
    expected = [package_result(raster.wavelength, *one, ensemble) for one in zip(spectra, seconds, strict=True)]
    found = page.evaluate(READ_LEVEL2, content)
    assert [isinstance(one, str) for one in found["results"]] == [isinstance(one, str) for one in expected]
    kept = [row for row, one in enumerate(expected) if not isinstance(one, str)]
    assert len(kept) >= 40 or what == "towards the blue"
    np.testing.assert_allclose([found["results"][row] for row in kept], [expected[row] for row in kept], **CLOSE)
    assert found["name"] == "exposure 2, slit pixel 5" and found["first"] == 10
    words = [re.sub(r"(?<=\d) A\b", " Å", note) for note in raster.notes]
    said = [note for note in words if note.startswith(("BUNIT", "CTYPE1", "The wavelength keywords"))]
    assert [note for note in found["notes"] if note in said] == said
    assert ("CTYPE1 is WAVE: wavelengths in vacuum." in found["notes"]) == ("CTYPE1" not in " ".join(said))


def test_level_2_files_that_are_no_raster_of_mg_ii_are_refused_with_a_sentence(page, tmp_path):
    files = {
        "holds slit-jaw images": ({"INSTRUME": "SJI"}, {}),
        "its windows are: C II 1336 (1331.7-1337.8 Å), Si IV (1400.0-1405.0 Å)": (
            {"TDESC2": "Si IV", "TWMIN2": 1400.0, "TWMAX2": 1405.0},
            {},
        ),
        "has two units": ({}, {"BUNIT": "DN/s"}),
        "is no calibration": ({}, {"CRVAL1": 2799.0}),
        "neither DN nor DN/s": ({"BUNIT": "erg"}, {}),
    }
    for sentence, (primary, window) in files.items():
        path = tmp_path / "level2.fits"
        with contextlib.suppress(InputError):  # the package refuses it as well
            level2_file(path, primary, window)
        found = page.evaluate(READ_FITS, [base64.b64encode(path.read_bytes()).decode(), 0, {}])
        assert isinstance(found, str) and sentence in found, (sentence, found)


def lines(wavelength, counts, separator=","):
    return "\n".join(f"{w!r}{separator}{c!r}" for w, c in zip(wavelength.tolist(), counts.tolist(), strict=True))


def test_text_in_many_forms_scores_as_its_numbers_do(page, ensemble, spectrum):
    wavelength, counts = spectrum
    said = {"lengthUnit": "Angstrom", "countUnit": "DN", "exposureTime": "8"}
    texts = [
        *((lines(wavelength, counts, separator), said) for separator in (",", "\t", "  ")),
        ("# exposure time: 8 s\nwavelength [Angstrom], intensity [DN]\n" + lines(wavelength, counts), {}),
        ("wavelength (nm); counts (DN/s)\r\n" + lines(wavelength / 10, counts / 8, ";"), {"exposureTime": "8"}),
        ("wavelength [Å] counts [DN]\n" + lines(wavelength, counts, " "), {"exposureTime": "8"}),
    ]  # fmt: skip
    for text, about in texts:
        found = page.evaluate(READ_TEXT, [text, about])
        assert not isinstance(found, str), (text[:60], found)
        np.testing.assert_allclose(found, package_result(wavelength, counts, 8.0, ensemble), **CLOSE)


def test_text_that_leaves_something_open_is_refused_with_a_sentence(page, spectrum):
    plain = lines(*spectrum)
    said = {"lengthUnit": "Angstrom", "countUnit": "DN", "exposureTime": "8"}
    texts = {
        "wavelength unit is not stated": (plain, {**said, "lengthUnit": ""}),
        "are wavelengths in air": ("wavelength in air [nm], counts [DN]\n" + plain, said),
        "intensity unit is not stated": (plain, {**said, "countUnit": ""}),
        "exposure time is not stated": (plain, {**said, "exposureTime": None}),
        "There are no values": ("", said),
        "Line 3 has 1 columns": ("2793,1\n2794,2\n2795\n", said),
        "Line 2 has 3 columns": ("2793,1\n2794,2,5\n", said),
        "“2794,abc”, holds no wavelength": ("2793,1\n2794,abc\n", said),
        "“erg”, neither DN": ("wavelength [nm], flux [erg]\n" + plain, said),
    }
    for sentence, question in texts.items():
        found = page.evaluate(READ_TEXT, list(question))
        assert isinstance(found, str) and sentence in found, (sentence, found)


def test_page_opens_with_a_real_spectrum_and_says_what_the_networks_learned_from(page):
    assert page.locator("#origin").inner_text() == "REAL"
    assert "trained on simulated spectra" in page.locator(".note").inner_text()
    assert 0 <= float(page.locator("#score").inner_text()) <= 1
    assert page.locator("#features tr").count() == 10
    page.locator("#atmosphere tr").nth(6).wait_for()  # the library takes longer than the score
    assert page.locator("#profile path.profile").count() == 1


def test_a_place_on_the_slit_is_chosen_by_keyboard_and_by_pointer(page):
    page.locator("#exposure").fill("1")
    page.locator("#pixel").fill("300")
    page.keyboard.press("Tab")
    assert "slit pixel 300" in page.locator("#shown-title").inner_text()
    page.locator("#slide").focus()
    page.keyboard.press("ArrowRight")
    assert "slit pixel 301" in page.locator("#shown-title").inner_text()
    page.locator("#slit").focus()
    for key in ("Shift+ArrowRight", "ArrowDown", "ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
    assert page.locator("#shown-title").inner_text().startswith("slit pixel 311, exposure 2")
    box = page.locator("#slit").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 2)
    assert page.locator("#shown-title").inner_text().startswith("slit pixel 54")
    assert page.locator("#exposure").input_value() == "3"


def test_flagged_place_has_no_score_but_a_reason(page):
    pixel = int(np.flatnonzero(~real_raster().quality[0])[0])
    page.locator("#exposure").fill("1")
    page.locator("#pixel").fill(str(pixel))
    page.keyboard.press("Tab")
    assert f"Slit pixel {pixel} of exposure 1 has no score: " in page.get_by_role("alert").inner_text()
    assert page.locator("#result").is_hidden()


def test_saved_spectrum_is_read_back_with_the_same_score(page, tmp_path):
    score = page.locator("#score").inner_text()
    with page.expect_download() as download:
        page.locator("#save").click()
    download.value.save_as(tmp_path / "spectrum.csv")
    page.locator("#pixel").fill("300")
    page.keyboard.press("Tab")
    page.locator("#file").set_input_files(tmp_path / "spectrum.csv")
    page.locator("#origin", has_text="YOURS").wait_for()
    assert page.locator("#score").inner_text() == score


def test_pasted_text_and_the_example_are_scored_and_labelled(page):
    page.locator("#example").select_option(index=1)
    assert page.locator("#origin").inner_text() == "SIMULATED"
    page.locator("#text").fill(page.evaluate("saved()"))
    page.get_by_role("button", name="Score the text").click()
    assert page.locator("#origin").inner_text() == "YOURS"
    assert page.locator("#notes").inner_text().startswith("The text states wavelengths in vacuum. Exposure time: 8 s.")
    page.locator("#text").fill(page.evaluate("saved()").replace("in vacuum ", ""))
    page.get_by_role("button", name="Score the text").click()
    assert page.locator("#notes").inner_text().startswith("Vacuum or air is not stated: wavelengths are taken as those")
    page.locator("#text").fill("2793, 1\n2794, 2\n")
    page.get_by_role("button", name="Score the text").click()
    assert page.get_by_role("alert").inner_text() == "The wavelength unit is not stated: choose it in the form."


def test_drawings_are_as_wide_as_their_place(resized):
    page, width = resized
    assert 250 < page.evaluate("document.getElementById('profile').viewBox.baseVal.width") < width
    assert page.locator("#line text", has_text="q2").is_visible()


def test_a_file_that_is_refused_leaves_no_other_spectrum_s_score_in_sight(page, tmp_path, spectrum):
    fine = page.evaluate("saved()")
    fits.ImageHDU(spectrum[1].astype("i8"), axis(spectrum[0])).writeto(tmp_path / "long.fits")
    files = {
        "unit.csv": ("neither DN nor DN/s", fine.replace("[DN]", "[W/m2]")),
        "length.csv": ("the Mg II h&k features need", fine.replace("[Angstrom]", "[nm]")),
        "packed.fits.gz": ("or is packed", "\x1f"),
        "long.fits": ("BITPIX 64", None),
    }
    for name, (sentence, text) in files.items():
        if text is not None:
            (tmp_path / name).write_text(text, encoding="utf-8")
        page.locator("#file").set_input_files(tmp_path / name)
        page.get_by_role("alert").filter(has_text=sentence).wait_for(timeout=5000)
        assert page.locator("#result").is_hidden(), name


def test_a_folder_that_is_dropped_is_refused_with_a_sentence(page):
    page.evaluate("""() => {
        const folder = { name: "spectra", arrayBuffer: () => Promise.reject(new Error("it is no file")) };
        const drop = new Event("drop");
        document.dispatchEvent(Object.assign(drop, { dataTransfer: { files: [folder] } }));
    }""")
    page.get_by_role("alert").filter(has_text="spectra cannot be read (it is no file)").wait_for(timeout=5000)
