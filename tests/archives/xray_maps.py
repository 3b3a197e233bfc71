"""CLEAN maps as the image archive of the STIX data centre holds them."""

from pathlib import Path

import numpy as np

from flarebook.stix.maps.client import map_url
from flarebook.stix.simulation.population import draw_events, select_images
from flarebook.stix.simulation.records import write_event
from flarebook.stix.simulation.simulate import prepare, prepare_expert_set, simulate_image


def write_maps(root, number, seed=1):
    """Write simulated CLEAN maps below root/datacenter.stix.i4ds.net/image-archive/UID: list of paths."""
    rng, paths = np.random.default_rng(seed), []
    events = draw_events(max(200, 12 * number), rng)
    for place, event in enumerate(prepare(select_images(events, rng, images=number), rng).to_dict("records")):
        made = write_event(Path(root), event, simulate_image(event, (seed, place)), place)
        target = Path(root) / map_url(made.name).partition("://")[2]
        target.parent.mkdir(parents=True, exist_ok=True)
        paths.append(made.rename(target))
    return paths


LABELLED = {1: 40, 2: 5, 3: 1, 4: 1}  # number of sources: maps


def write_labelled(folder, seed=1):
    """Write the experts' maps, sorted into folders <number of sources> as the authors' share has them.

    Of one source there are fewer than the poster's 156.
    """
    rng = np.random.default_rng([seed, 1])
    events = prepare_expert_set(select_images(draw_events(6000, rng), rng, images=600), rng, LABELLED)
    for place, event in enumerate(events.to_dict("records")):
        target = Path(folder) / str(event["n_wanted"])
        write_event(target, event, simulate_image(event, (seed, place)), place)
