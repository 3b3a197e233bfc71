"""Smooth random fields along slit, steps and time, and the scene of active core, spot, network and brightenings."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from flarebook.iris.observations import SLIT_PIXEL

TIME_STEP = 1.0  # minutes, grid of the fields
SPACE_STEP = 0.8  # arcsec


@dataclass(frozen=True)
class Scene:
    """What the Sun does in one simulated observation.

    minutes (n_t,), x (n_x,) and y (n_y,) arcsec: the axes of every map; maps: name to (n_t, n_x, n_y) float32.
    """

    minutes: np.ndarray
    x: np.ndarray
    y: np.ndarray
    maps: dict

    def sample(self, name, minutes, x, y):
        """A map at any times and places, linear interpolation; minutes, x, y: arrays that broadcast."""
        axes = ((self.minutes, minutes, TIME_STEP), (self.x, x, SPACE_STEP), (self.y, y, SPACE_STEP))
        places = np.broadcast_arrays(*[(np.asarray(value) - axis[0]) / step for axis, value, step in axes])
        return map_coordinates(self.maps[name], places, order=1, mode="nearest")


def smooth_field(rng, shape, sigma):
    """Gaussian random field of zero mean and unit variance, correlated over `sigma` grid points along each axis."""
    field = gaussian_filter(rng.standard_normal(shape, dtype=np.float32), sigma, mode="nearest", truncate=3)
    return (field - field.mean()) / max(field.std(), 1e-9)


def evolving_field(rng, shape, scales):
    """Smooth field of which the share `steady` of the variance does not change in time, (n_t, n_x, n_y).

    scales: the calibration's `scales`.
    """
    space = scales["space"] / SPACE_STEP
    still = smooth_field(rng, (1, *shape[1:]), (0, space, space))
    moving = smooth_field(rng, shape, (scales["time"] / TIME_STEP, space, space))
    return np.sqrt(scales["steady"]) * still + np.sqrt(1 - scales["steady"]) * moving


def covering(field, share, softness=0.15):
    """Membership, 0 to 1, of the highest `share` of a field: a smooth step at that quantile."""
    if share <= 0:
        return np.zeros_like(field)
    level = np.quantile(field, np.clip(1 - share, 0, 1))
    return 1 / (1 + np.exp(-(field - level) / softness))


def core_place(observation, y, rng, calibration):
    """Centre and half length (arcsec along the slit) of the active core, random unless the paper tells them."""
    placed = calibration["placed_cores"].get(observation["observation"])
    if placed:
        return SLIT_PIXEL * sum(placed) / 2, SLIT_PIXEL * (placed[1] - placed[0]) / 2
    return y[0] + np.ptp(y) * rng.uniform(0.35, 0.65), 0.3 * np.ptp(y)


def region_maps(observation, region, shape, y, rng, calibration):
    """Shares of active core, umbra, penumbra and network of each place, each (1, n_x, n_y), constant in time."""
    wide, narrow = (calibration["scales"][name] / SPACE_STEP for name in ("core", "space"))
    still = (1, *shape[1:])
    centre, half = core_place(observation, y, rng, calibration)
    bump = -(((y - centre) / half) ** 2)
    area = np.clip(rng.normal(*region["core"]), 0, 0.95) if region["core"][0] else 0.0
    core = covering(smooth_field(rng, still, (0, wide, wide)) + bump, area)
    spot = smooth_field(rng, still, (0, wide, wide)) + 2 * bump
    umbra = covering(spot, region["umbra"], 0.1)
    penumbra = covering(spot, region["umbra"] + region["penumbra"], 0.1) - umbra
    network = covering(smooth_field(rng, still, (0, narrow, narrow)), region["network"])
    return {"core": core, "umbra": umbra, "penumbra": np.clip(penumbra, 0, 1), "network": network}


def preflare_course(minutes, calibration):
    """Pre-flare state against minutes to onset: a logistic rise to about 1, then slow growth (paper, section 5)."""
    half, width = calibration["preflare_rise"]
    growth = 1 + calibration["preflare_growth"] * np.clip(1 - minutes / half, 0, 1)
    return growth / (1 + np.exp(-(minutes - half) / width))


def brightening_map(rng, axes, rate, core, calibration):
    """Sum of small brightenings, each a Gaussian in time, step and slit direction, (n_t, n_x, n_y).

    axes: minutes, x and y; rate: (n_t,) expected number per 25 minutes and field of view; core: (1, n_x, n_y), where
    they may appear.
    """
    minutes, x, y = axes
    size, duration = calibration["brightening_size"]
    total = np.zeros((len(minutes), len(x), len(y)), np.float32)
    chance = (core[0] + 0.02).ravel() / (core[0] + 0.02).sum()
    for index, number in enumerate(rng.poisson(rate * TIME_STEP / 25)):
        for place in rng.choice(chance.size, size=number, p=chance):
            i, j = np.unravel_index(place, core[0].shape)
            in_time = np.exp(-0.5 * ((minutes - minutes[index]) / duration) ** 2)
            in_space = np.exp(-0.5 * (((x - x[i])[:, None] / size) ** 2 + ((y - y[j])[None] / size) ** 2))
            total += rng.exponential(1.0) * in_time[:, None, None] * in_space
    return total


def preflare_patches(rng, shape, patches):
    """Where the core enters the pre-flare state, 0 to 1, (1, n_x, n_y), constant in time.

    patches: {"filling": share of the field, "size": arcsec}, None for everywhere.
    """
    if patches is None:
        return np.ones((1, *shape[1:]), np.float32)
    scale = patches["size"] / SPACE_STEP
    return covering(smooth_field(rng, (1, *shape[1:]), (0, scale, scale)), patches["filling"])


def build_scene(observation, start, end, calibration, parameters, rng):
    """Draw the scene of one observation between two times.

    observation: a row of `observation_table`; start, end: minutes to onset; parameters: names of the library's
    parameters, each of which gets its own texture.  Returns a Scene.
    """
    region = calibration["regions"][observation["region"]]
    minutes = np.arange(start, end + TIME_STEP, TIME_STEP)
    x = np.arange(0, (observation["steps"] - 1) * observation["step_size"] + SPACE_STEP, SPACE_STEP)
    y = np.arange(0, observation["slit_length"] + SPACE_STEP, SPACE_STEP)
    shape = (len(minutes), len(x), len(y))
    maps = region_maps(observation, region, shape, y, rng, calibration)
    course = region["preflare"] * preflare_course(minutes, calibration)
    rate = region["brightenings"] * observation["slit_length"] / 120 * (1 + calibration["brightening_gain"] * course)
    maps["brightening"] = brightening_map(rng, (minutes, x, y), rate, maps["core"], calibration)
    for name in (*parameters, "doppler", "macroturbulence", "preflare"):
        maps[f"{name} texture"] = evolving_field(rng, shape, calibration["scales"])
    level = max(0.0, rng.normal(1, calibration["preflare_spread"]))
    maps["preflare"] = np.clip(1 + calibration["preflare_texture"] * maps.pop("preflare texture"), 0, None)
    maps["preflare"] = (maps["preflare"] * level * course[:, None, None]).astype(np.float32)
    maps["preflare"] *= preflare_patches(rng, shape, calibration.get("preflare_patches"))
    return Scene(minutes, x, y, {name: np.asarray(np.broadcast_to(m, shape), np.float32) for name, m in maps.items()})
