"""The page that scores a Mg II spectrum in a browser: networks, features, library and a real slit map in one file.

Its scripts repeat the package's arithmetic; tests/book/test_score_page.py compares both on real and simulated spectra.
Every constant and weight is written into the page from the package.
"""

import json
import zlib
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files

import numpy as np
from matplotlib import colormaps

from flarebook.compendium.errors import InputError
from flarebook.compendium.interactive_pages.fill import AXES, TEXT, coded, fill_page
from flarebook.iris.atmospheres import library as shapes
from flarebook.iris.atmospheres.thermodynamics import QUANTITIES, candidate_quantities
from flarebook.iris.classifiers.inference import n_members
from flarebook.iris.classifiers.realtime_score import COARSEST, score_exposure
from flarebook.iris.features import kernels
from flarebook.iris.features.extract import feature_marks
from flarebook.iris.mg2 import FEATURE_TABLE, GRID, H_CORE, K_CORE, LIGHT_SPEED, TRIPLET, TRIPLET_WING
from flarebook.iris.observations import find_observation
from flarebook.iris.rasters.level2 import AXIS_AGREEMENT, LARGEST_SHIFT, PLAUSIBLE, RESIZED
from flarebook.iris.rasters.raster import FLAGS, SATURATED
from flarebook.iris.rasters.window import RESIZED_MISSING, ROUNDING
from flarebook.iris.simulation.observation import simulate_observation

FOLDER = files("flarebook.iris") / "data" / "score_page"
SCRIPTS = ("features.js", "networks.js", "reading.js", "fits.js", "level2.js", "drawing.js", "page.js")
PARTS = ("page.html", "page.css", *SCRIPTS)
TITLE = "Score a Mg II spectrum in this page"
UNFAMILIAR = 3.0  # standard deviations from the mean of the training spectra
UNIT = 0.25  # DN, in which level 2 counts
MISSING = np.iinfo(np.int16).min
UNITS = {"intensity": "DN/s"} | dict.fromkeys(("line_center", "line_width", "peak_separation"), "grid points")
LINES = [
    {"name": name, "wavelength": wavelength, "kind": kind}  # marks of the drawing
    for name, wavelength, kind in (
        ("k", K_CORE, "core"), ("h", H_CORE, "core"), ("triplet", TRIPLET, "triplet"), ("wing", TRIPLET_WING, "wing")
    )
]  # fmt: skip


@dataclass(frozen=True)
class Example:
    """A spectrum that the page offers: title; origin, "REAL" or "SIMULATED"; wavelength (n,) Å; spectrum (n,) DN; s."""

    title: str
    origin: str
    wavelength: np.ndarray
    spectrum: np.ndarray
    exposure_time: float


def simulated_example(name, library, rng, n_slit=600):
    """The most active spectrum of one simulated exposure of an observation.

    name: such as "PF 16"; n_slit: slit pixels simulated.
    """
    raster, truth = simulate_observation(find_observation(name), library, rng, n_exposures=1, n_slit=n_slit)
    pixel = int(truth["activity"].argmax())
    return Example(
        f"{name}, slit pixel {pixel}",
        "SIMULATED",
        raster.wavelength,
        raster.spectra[0, pixel],
        float(raster.exposure_time[0]),
    )


def score_page(ensemble, exposures, y, title, library, lines, examples=()):
    """The page as text.

    ensemble: of `load_ensemble`; exposures: [Exposure] of a real raster with one wavelength axis; y: (n_slit,) solar y
    in arcsec; title: of the raster, in words; library: of `load_library`; lines: the calibration's `blanketing`;
    examples: [Example].  Raises InputError for counts that are no multiples of a quarter DN.
    """
    raster = raster_data(exposures, y, title, ensemble)
    data = {"grid": GRID.tolist(), "marks": feature_marks(ensemble.window), "lines": LINES, "limits": limits()}
    data |= {"features": feature_rows(ensemble.weights), "weights": coded(ensemble.path.read_bytes())}
    data |= {"raster": raster, "library": library_data(library, lines)}
    data["examples"] = [
        {**vars(one), "wavelength": np.asarray(one.wavelength).tolist(), "spectrum": np.asarray(one.spectrum).tolist()}
        for one in examples
    ]
    size = dict(zip(("n_exposures", "n_slit"), raster["shape"], strict=False))
    words = {"training": training(ensemble), "trained": ensemble.about.get("origin", "unknown"), **size}
    words |= {"n_members": n_members(ensemble.weights), "unfamiliar": UNFAMILIAR, "version": version("flarebook")}
    words |= {"examples": [f"{one.origin}: {one.title}" for one in examples], "maps": raster["maps"]}
    return fill_page([TEXT, AXES, *(FOLDER / name for name in PARTS)], data, title=TITLE, raster_title=title, **words)


def limits():
    """Limits beyond which the package computes no score, and those of its feature code."""
    return {
        "missing": float(kernels.MISSING), "saturated": SATURATED, "coarsest": COARSEST, "tie": kernels.TIE,
        "single_peak": kernels.SINGLE_PEAK_LEVEL, "exposure_time": PLAUSIBLE["exposure_time"][:2],
        "unfamiliar": UNFAMILIAR, "missing_resized": RESIZED_MISSING + ROUNDING,
        "axis": {"agreement": AXIS_AGREEMENT, "resized": RESIZED, "largest_shift": LARGEST_SHIFT},
    }  # fmt: skip


def training_range(weights):
    """Mean and standard deviation of each feature of the training spectra, averaged over the networks: (10,), (10,)."""
    return weights["mean"].mean(axis=0), weights["scale"].mean(axis=0)


def feature_rows(weights):
    """Name and unit of each feature, mean and scale of the training spectra."""
    mean, scale = training_range(weights)
    return [
        {"name": name, "unit": UNITS.get(key, ""), "mean": float(mean[i]), "scale": float(scale[i])}
        for i, (key, name) in enumerate(FEATURE_TABLE["name"].items())
    ]


def training(ensemble):
    """What the networks were trained on, in words: {name: value}."""
    about = ensemble.about
    scores = json.loads(about["scores"]) if "scores" in about else {}
    rows = {"spectra": f"{about.get('spectra', 'unknown number')}, {about.get('origin', 'unknown')}"}
    rows |= {"networks": n_members(ensemble.weights), "hidden layers": about.get("hidden", "unknown")}
    rows |= {
        f"{name.upper()} on {about.get('origin')} test spectra": scores[name]
        for name in ("tss", "auc")
        if name in scores
    }
    return rows | {"k and h windows": f"{ensemble.window:g} Å", "weights, sha256": f"{ensemble.sha256[:12]}…"}


def library_data(library, lines):
    """The profile library as the page's nearest neighbour needs it."""
    origin = {"profile": np.arange(len(library.profiles)), "shift": 0.0, "macroturbulence": 0.0}
    quantities = candidate_quantities(library, origin).drop(columns=["shift", "macroturbulence"])
    return {
        "profiles": coded(library.profiles), "wavelength": library.wavelength.tolist(),
        "transmission": shapes.blanketing(library.wavelength, lines).tolist(), "light_speed": LIGHT_SPEED,
        "speeds": shapes.SPEEDS, "shifts": shapes.SHIFTS, "per_speed": shapes.broadening(1.0),
        "covered": shapes.COVERED,
        "quantities": quantities.astype(float).to_dict("records"),
        "labels": [{"key": key, "label": label.replace("\n", " ")} for key, label in QUANTITIES.items()],
    }  # fmt: skip


def raster_data(exposures, y, title, ensemble):
    """Spectra of a raster in quarter DN with their flags, and maps of intensity and score.

    Only wavelengths on the grid, and one more on either side, are kept.
    """
    wavelength = exposures[0].wavelength
    first, last = (int(np.searchsorted(wavelength, edge)) for edge in GRID[[0, -1]])
    kept = slice(max(first - 1, 0), last + 1)
    spectra = np.stack([one.spectra for one in exposures])
    flags = np.stack([one.flag for one in exposures])
    score = np.stack([score_exposure(one, ensemble)[0] for one in exposures])
    peak = np.stack(
        [np.where(one.flag == 0, one.spectra[:, kept].max(axis=1), np.nan) / one.exposure_time for one in exposures]
    )
    brightest = np.unravel_index(np.nanargmax(np.where(np.isnan(score), np.nan, peak)), peak.shape)
    return {
        "title": title, "shape": [*flags.shape, len(wavelength[kept])], "wavelength": wavelength[kept].tolist(),
        "exposure_time": [float(one.exposure_time) for one in exposures], "y": np.asarray(y, float).round(3).tolist(),
        "counts": packed_counts(spectra[..., kept]), "unit": UNIT, "missing": int(MISSING),
        "flags": coded(flags), "flag_words": FLAGS, "first": [int(place) for place in brightest],
        "maps": [colour_map("intensity", "intensity [DN/s]", np.log10(np.maximum(peak, 1)), "inferno", 10.0),
                 colour_map("score", "pre-flare score", score, "RdBu_r", None, (0.0, 1.0))],
    }  # fmt: skip


def packed_counts(spectra):
    """Counts in DN as differences of quarter DN along wavelength, deflated, as base64.

    spectra: (..., n_wavelengths) DN, multiples of UNIT; missing NaN.  Raises InputError for counts of another unit.
    """
    counts = np.where(np.isnan(spectra), MISSING * UNIT, spectra) / UNIT
    whole = np.round(counts).astype(np.int16)
    if not np.array_equal(whole, counts):
        raise InputError(
            f"the counts are no multiples of {UNIT} DN below {-MISSING * UNIT:.0f} DN: give a level-2 raster"
        )
    steps = np.diff(whole, axis=-1, prepend=np.int16(0))
    return coded(zlib.compress(steps.astype("<i2").tobytes(), 9))


def colour_map(key, label, values, colours, base, ends=None):
    """Levels 1 to 255 of a quantity, 0 where it is missing, with the colours of the levels and the ends of the scale.

    base: of the logarithm that values are, or None.
    """
    low, high = ends or np.nanpercentile(values, [1, 99.5])
    share = np.clip((values - low) / (high - low), 0, 1)
    levels = np.where(np.isnan(values), 0, 1 + np.nan_to_num(share) * 254).round().astype(np.uint8)
    table = colormaps[colours].resampled(255)(np.arange(255), bytes=True)[:, :3]
    shown = {name: f"{value if base is None else base**value:.3g}" for name, value in (("low", low), ("high", high))}
    return {"key": key, "label": label, "levels": coded(levels), "colours": coded(table), **shown}
