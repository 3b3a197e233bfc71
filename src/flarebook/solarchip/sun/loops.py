"""Coronal loops: field lines heated by their field and length, drawn in each channel with its response to temperature.

A loop's temperature and density follow Rosner, Tucker & Vaiana 1978 for a heating flux proportional to field over
length (Schrijver et al. 2004); some loops are cooling and denser than that (Aschwanden, Schrijver & Alexander 2001); a
flare fills short loops of its region with plasma of 12 MK.
"""

import numpy as np

from flarebook.learning.compiled import compiled
from flarebook.solarchip.sun.corona import LOG_T_START, LOG_T_STEP, response_table
from flarebook.solarchip.sun.field_lines import LONGEST, field_at, nearby_charges, trace_line

N_LINES = 2000
# Turns carried flux, area and response into DN/s of a pixel of the 128-pixel grid, set by the brightness of real active
# regions; a finer grid spreads the same light over more pixels, each with its full brightness again.
LIGHT = 3.5e6
HOT_LOOP, HOT_FIELD = 6.47, 300.0  # log10 T of a loop that is rooted in so many G
LENGTH = 0.1  # solar radii, of a loop with relative density 1 at that temperature
OPEN_LENGTH, OPEN_LOG_T = 1.2, 6.0  # of the plumes that open lines make
COOLING = 0.3  # share of loops that are cooling
FAN_DENSITY = 0.3  # least of cooling and open loops: they are denser than static ones (Winebarger et al. 2003)
FLARE_LOG_T, FLARE_LIGHT = 7.1, 2400.0  # light of an M1 flare, spread over its loops; as LIGHT
SOFTENING = 0.01  # solar radii, so that charges atop each other do not attract without limit
N_FLARE_LINES, FLARE_LENGTH = 40, 0.08  # loops of a flare; 56 Mm, longer ones get little of its light
GRAVITY = 0.0676  # solar radii, pressure scale height of a plasma of 1 MK


def loop_images(disk, charges, rng):
    """Light of the loops in each coronal channel, (6, size, size), DN/s.

    charges: of `magnetic_charges`.
    """
    images = np.zeros((len(response_table()), disk.size, disk.size))
    if len(charges.strength):
        pick, foot, carried = sample_feet(charges, rng)
        log_t = rng.normal(0, 0.13, N_LINES) + 0.1 * np.abs(charges.twist[pick])
        cooling = np.where(rng.random(N_LINES) < COOLING, rng.uniform(0.1, 0.6, N_LINES), 0.0)
        carried = carried * np.exp(rng.normal(0, 0.5, N_LINES))
        lines = np.stack([carried, log_t, cooling, np.zeros(N_LINES)], axis=1)
        _render_lines(images, disk.pixel, charges.sources, pick, foot, lines, response_table())
    return images * disk.scale**2


def flare_images(disk, charges, rng, flash):
    """Light of the flares that glow in each coronal channel, (6, size, size), DN/s: arcades of short, hot loops.

    charges, flash: as for `loop_images`.  An arcade stands where two opposite charges of its region pull most at each
    other, on the steepest inversion line; a region that is gone has none.
    """
    images = np.zeros((len(response_table()), disk.size, disk.size))
    for region, flux in flash.items():
        site = steepest_inversion(charges, region)
        if site is None:
            continue
        charge, middle = site
        foot = middle + 0.3 * FLARE_LENGTH * rng.normal(0, 1, (N_FLARE_LINES, 3))
        foot *= 1.002 / np.linalg.norm(foot, axis=1, keepdims=True)
        lines = np.zeros((N_FLARE_LINES, 4))
        lines[:, 1] = 0.05 * rng.normal(size=N_FLARE_LINES)
        lines[:, 3] = flux / 1e-5 / N_FLARE_LINES
        pick = np.full(N_FLARE_LINES, charge)
        _render_lines(images, disk.pixel, charges.sources, pick, foot, lines, response_table())
    return images * disk.scale**2


def steepest_inversion(charges, region):
    """Charge and place (3,) on its steepest inversion line: between the opposite charges that attract each other most.

    None when the region has no charges of both signs.
    """
    mine = np.flatnonzero(charges.region == region)
    place, strength = charges.place[mine], charges.strength[mine]
    square = ((place[:, None] - place) ** 2).sum(axis=2) + SOFTENING**2
    pull = -strength[:, None] * strength / square
    if not len(mine) or pull.max() <= 0:
        return None
    one, other = np.unravel_index(pull.argmax(), pull.shape)
    return mine[one], (place[one] + place[other]) / 2


def sample_feet(charges, rng):
    """Foot points of the lines to draw: charge (n,) under each, place (n, 3), and the flux that it carries (n,)."""
    chance = np.sqrt(np.abs(charges.strength))
    pick = rng.choice(len(chance), N_LINES, p=chance / chance.sum())
    carried = np.abs(charges.strength[pick]) / np.bincount(pick, minlength=len(chance))[pick]
    outward = charges.place[pick] / np.linalg.norm(charges.place[pick], axis=1, keepdims=True)
    foot = outward + 1.1 * charges.width[pick][:, None] * rng.normal(size=(N_LINES, 3))
    return pick, 1.002 * foot / np.linalg.norm(foot, axis=1, keepdims=True), carried


@compiled(fastmath=True)
def _render_lines(images, pixel, sources, pick, foot, lines, response):
    """Trace every line and add its light to the images; lines: (n, 4) flux, log T scatter, cooling, flare in M1."""
    place, strength, twist = sources
    path = np.zeros((LONGEST, 3))
    near = np.zeros(len(strength), np.int64)
    for line in range(len(pick)):
        close = near[: nearby_charges(foot[line], place, near)]
        charge = pick[line]
        sign = 1.0 if strength[charge] > 0 else -1.0
        n, closed = trace_line(foot[line], sign, place, strength, close, twist[charge], path)
        if n < 4:
            continue
        ends = 0.0
        for end in (0, n - 1) if closed else (0, 0):
            bx, by, bz = field_at(path[end, 0], path[end, 1], path[end, 2], place, strength, close, twist[charge])
            ends += 0.5 * np.sqrt(bx * bx + by * by + bz * bz)
        line_path = path[:n]
        length = _length(line_path) if closed else OPEN_LENGTH
        heating = _loop_heating(closed, ends, length, lines[line])
        _render_line(images, pixel, line_path, closed, length, heating, response)


@compiled(fastmath=True)
def _length(path):
    """Length of a line in solar radii; path: (n, 3)."""
    length = 0.0
    for i in range(len(path) - 1):
        dx, dy, dz = path[i + 1, 0] - path[i, 0], path[i + 1, 1] - path[i, 1], path[i + 1, 2] - path[i, 2]
        length += np.sqrt(dx * dx + dy * dy + dz * dz)
    return length


@compiled(fastmath=True)
def _loop_heating(closed, field, length, line):
    """log10 of a loop's temperature, and its emission measure in units of light, from the field at its feet in G.

    T ~ B^(2/7) and density ~ T^2 / length (Rosner, Tucker & Vaiana 1978), kept within what is seen at this resolution.
    """
    carried, scatter, cooling, flare = line
    log_t = HOT_LOOP + 2 / 7 * np.log10(field / HOT_FIELD) + scatter
    density = 10 ** (2 * (log_t - HOT_LOOP)) * LENGTH / length
    if cooling > 0 or not closed:
        density = max(density, FAN_DENSITY)
    light = LIGHT * min(density**2, 4.0) * min(length / LENGTH, 1.0) ** 1.5 * carried / max(field, 30.0)
    log_t = (log_t if closed else min(log_t, OPEN_LOG_T)) - cooling
    if flare > 0:
        return FLARE_LOG_T + scatter, FLARE_LIGHT * flare / max(length, FLARE_LENGTH) ** 2
    return log_t, light


@compiled(fastmath=True)
def _render_line(images, pixel, path, closed, length, heating, response):
    """Add one line's light to the images: parts shorter than a pixel, hidden where the disk stands in front."""
    log_t, light = heating
    fall = 2 / (GRAVITY * max(10 ** (log_t - 6), 0.8))
    travelled = 0.0
    for i in range(len(path) - 1):
        dx, dy, dz = path[i + 1, 0] - path[i, 0], path[i + 1, 1] - path[i, 1], path[i + 1, 2] - path[i, 2]
        ds = np.sqrt(dx * dx + dy * dy + dz * dz)
        parts = int(ds / (0.6 * pixel)) + 1
        for part in range(parts):
            f = (part + 0.5) / parts
            x, y, z = path[i, 0] + f * dx, path[i, 1] + f * dy, path[i, 2] + f * dz
            if z < 0 and x * x + y * y < 1:
                continue
            along = (travelled + f * ds) / length
            height = max(np.sqrt(x * x + y * y + z * z) - 1, 0.0)
            here = log_t + 0.3 * np.log10(_profile(along, closed))
            k = int((here - LOG_T_START) / LOG_T_STEP)
            if 0 <= k < response.shape[1]:
                _splat(images, x / pixel, y / pixel, light * np.exp(-height * fall) * ds / parts, response[:, k])
        travelled += ds


@compiled(fastmath=True)
def _profile(along, closed):
    """Temperature along a loop relative to its top, to the power 10/3: it falls steeply at the feet."""
    if closed:
        return max(np.sin(np.pi * min(max(along, 0.01), 0.99)), 0.05)
    return min(1.0, 0.1 + 8 * along)


@compiled(fastmath=True)
def _splat(images, x, y, light, answers):
    """Share the light of a point at (x, y) pixels from the centre among the four pixels around it, in each channel."""
    size = images.shape[1]
    column, row = x + 0.5 * size - 0.5, y + 0.5 * size - 0.5
    j, i = int(np.floor(column)), int(np.floor(row))
    if j < 0 or i < 0 or j >= size - 1 or i >= size - 1:
        return
    u, v = column - j, row - i
    for c in range(len(answers)):
        value = light * answers[c]
        images[c, i, j] += value * (1 - u) * (1 - v)
        images[c, i, j + 1] += value * u * (1 - v)
        images[c, i + 1, j] += value * (1 - u) * v
        images[c, i + 1, j + 1] += value * u * v
