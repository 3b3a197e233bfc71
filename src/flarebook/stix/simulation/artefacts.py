"""What goes wrong with an image: causes drawn for a population, put into the observation or found in the outcome."""

from functools import cache

import numpy as np
import pandas as pd

from flarebook.stix.imaging.forward_model import MODULATION
from flarebook.stix.imaging.visibilities import IMAGING, SUB_COLLIMATORS
from flarebook.stix.simulation.population import choices

ARTEFACTS = (
    "blank",
    "wrong_centre",
    "low_counts",
    "very_extended",
    "two_flares",
    "dead_sub_collimators",
    "background",
    "attenuator",
    "phase_error",
    "amplitude_error",
)  # in the order in which one is named as the main reason


def display_name(reason):
    """A name of the tables as it is written: "wrong centre", "dead sub-collimators"."""
    return reason.replace("sub_", "sub-").replace("_", " ")


def draw_artefacts(events, rng):
    """Draw for each image what is put into it on purpose; causes are independent of each other.

    events: of `select_images`.  Returns a table with the rows of events: phase_error (degrees), amplitude_error,
    n_dead, background_scale, offset (arcsec from the right centre), width (arcsec, NaN: as usual), second_flux
    (of a second flare, over the first's; 0: none), switched (attenuator), blank ("" or the kind of broken product).
    """
    number, causes = len(events), choices()["artefacts"]
    hit = {name: rng.random(number) < cause["share"] for name, cause in causes.items()}
    hit["attenuator"] &= events["attenuator"].to_numpy()
    hit["very_extended"] &= (events["band"] == "4-10").to_numpy()

    def where(name, key, otherwise):
        return np.where(hit[name], rng.uniform(*causes[name][key], number), otherwise)

    phase = where("phase_error", "degrees", choices()["calibration"]["phase"])
    amplitude = where("amplitude_error", "relative", choices()["calibration"]["amplitude"])
    moved = causes["attenuator"]
    return pd.DataFrame(
        {
            "phase_error": np.where(hit["attenuator"], np.maximum(phase, moved["phase"]), phase),
            "amplitude_error": np.where(hit["attenuator"], np.maximum(amplitude, moved["amplitude"]), amplitude),
            "n_dead": np.where(
                hit["dead_sub_collimators"], rng.integers(*causes["dead_sub_collimators"]["number"], number), 0
            ),
            "background_scale": where("background", "scale", 1.0),
            "offset": where("wrong_centre", "offset", 0.0),
            "width": where("very_extended", "width", np.nan),
            "second_flux": where("two_flares", "ratio", 0.0),
            "switched": hit["attenuator"],
            "blank": np.where(
                hit["blank"], rng.choice(["blank", "constant", "not a number"], number, p=[0.5, 0.2, 0.3]), ""
            ),
        },
        index=events.index,
    )


def pick_dead(number, rng):
    """Labels of sub-collimators without data, among those that make images."""
    return tuple(rng.choice(SUB_COLLIMATORS.label[IMAGING], int(number), replace=False))


@cache
def background_pattern():
    """False visibilities of an uneven background, (30,) complex, over the background: one pattern, the instrument's."""
    rng = np.random.default_rng(2021)
    parts = rng.standard_normal((2, len(SUB_COLLIMATORS.label)))
    return choices()["artefacts"]["background"]["pattern"] * (parts[0] + 1j * parts[1]) / np.sqrt(2)


def false_visibilities(labels, scale, background, counts_per_detector, flux):
    """What a wrongly scaled background adds to the visibilities of the named sub-collimators, (n,) in units of flux.

    The background falls unevenly on the pixels; subtracted in the right amount that cancels, else a share remains.
    """
    place = {label: number for number, label in enumerate(SUB_COLLIMATORS.label)}
    pattern = background_pattern()[[place[label] for label in labels]]
    return flux * (1 - scale) * background / (counts_per_detector * MODULATION) * pattern


def signal_to_noise(counts, background):
    """Counts of a detector over the noise of source and background; for a point, 0.5 of it is that of a visibility."""
    return counts / np.sqrt(counts + background)


def find_artefacts(settings, outcome):
    """Which causes are at work in images, whether put in or arisen by themselves.

    settings: of `draw_artefacts`; outcome: table with centre_error, extent (arcsec), counts_per_detector and
    background_per_detector, same rows.  Returns a table of bool, columns ARTEFACTS.
    """
    causes, limits = choices()["artefacts"], choices()["limits"]
    counts, background = outcome["counts_per_detector"], outcome["background_per_detector"]
    wrong = (settings["background_scale"] - 1) * background / counts
    return pd.DataFrame(
        {
            "blank": settings["blank"] != "",
            "wrong_centre": outcome["centre_error"] > limits["centre_error"],
            "low_counts": signal_to_noise(counts, background) < limits["signal_to_noise"],
            "very_extended": outcome["extent"] > limits["extent"],
            "two_flares": settings["second_flux"] > 0,
            "dead_sub_collimators": settings["n_dead"] > 0,
            "background": wrong > limits["background"],
            "attenuator": settings["switched"],
            "phase_error": (settings["phase_error"] >= causes["phase_error"]["degrees"][0]) & ~settings["switched"],
            "amplitude_error": (settings["amplitude_error"] >= causes["amplitude_error"]["relative"][0])
            & ~settings["switched"],
        }
    )


def assess(causes, outcome):
    """Whether an expert would leave each image out, and the main reason ("none" for a sound one).

    causes: of `find_artefacts`; outcome: as there, with fidelity (correlation of the map with what it should show) and
    band.  A map that shows what it should is sound whatever went wrong; one that does not is not, for the first
    of its causes, and so is one that CLEAN must have broken into pieces.  Without any cause of the list the counts
    did not suffice for so intricate a source.  Returns (is_artefact, reason).
    """
    limits = choices()["limits"]
    unlike = outcome["fidelity"].fillna(-1) < outcome["band"].map(limits["fidelity"])
    bad = (unlike | causes["blank"] | (outcome["extent"] > limits["broken"])).to_numpy()
    flags = causes[list(ARTEFACTS)].to_numpy()
    first = np.where(flags.any(axis=1), flags.argmax(axis=1), ARTEFACTS.index("low_counts"))
    return bad, np.where(bad, np.array(ARTEFACTS)[first], "none")
