"""The small labelled set: images that an expert made by hand, of flares with 1, 2, 3 and 4 sources as on the poster."""

import numpy as np

from flarebook.stix.population import choices

LABELLED = {1: 156, 2: 5, 3: 1, 4: 1}  # number of sources: images; Drozdova et al. 2024, section Data
ONE = ("compact", "extended", "loop")
TWO = ("two footpoints", "two sources")


def prepare_expert_set(events, rng, numbers=None):
    """Events whose images an expert makes: bright flares, the right centre, the best calibration, nothing broken.

    events: of `select_images`; numbers: {sources: images}, default the poster's.  Returns a table for
    `simulate_archive`, like that of `prepare`, with the column n_wanted (sources that the image must show).
    """
    numbers = numbers or LABELLED
    wanted = np.repeat(list(numbers), list(numbers.values()))
    bright = events[(events["counts_per_detector"] > 1000) & (events["reason"] != "image")]
    chosen = bright.sample(len(wanted), random_state=rng).reset_index(drop=True)
    kind = [pick_kind(count, band, rng) for count, band in zip(wanted, chosen["band"], strict=True)]
    careful = choices()["expert"]
    settings = {"phase_error": careful["phase"], "amplitude_error": careful["amplitude"], "n_dead": 0}
    settings |= {"background_scale": 1.0, "offset": 0.0, "width": np.nan, "second_flux": 0.0, "switched": False}
    return chosen.assign(**settings, blank="", kind=kind, n_wanted=wanted, located=True)


def pick_kind(count, band, rng):
    """A kind of source that shows so many sources, with the shares of its band among such kinds."""
    kinds = ONE if count == 1 else TWO if count == 2 else ("several sources",)
    shares = np.array([choices()["kinds"][band][kind] for kind in kinds])
    return rng.choice(kinds, p=shares / shares.sum())
