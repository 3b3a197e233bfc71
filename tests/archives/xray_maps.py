"""CLEAN maps as the image archive of the STIX data centre holds them."""

from pathlib import Path

import numpy as np

from flarebook.stix.maps.client import map_url
from flarebook.stix.simulation.population import draw_events, select_images
from flarebook.stix.simulation.records import write_event
from flarebook.stix.simulation.simulate import prepare, simulate_image


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
