"""Coronal loops: field lines of buried magnetic charges, heated by their field and length, drawn in each channel.

The charges' field is potential (as in Longcope 1996); a region's twist turns it about the vertical near the surface, which
makes sheared and S-shaped lines.  Temperature and pressure follow Rosner, Tucker & Vaiana 1978 for a heating flux
proportional to field over length (Schrijver et al. 2004).
"""

from dataclasses import dataclass

import numba
import numpy as np

from flarebook.solarchip.corona import LOG_T_START, LOG_T_STEP, response_table
from flarebook.solarchip.disk import SOLAR_RADIUS

N_LINES = 2000
SHALLOWEST = 0.012  # solar radii, depth of a charge below its spot
FARTHEST_BEHIND = -0.4  # z of regions whose loops can still reach above the limb
COOLING = 0.3  # share of loops that are cooling: denser than in equilibrium at their temperature
LIGHT = 3.5e6  # turns carried flux, area and response into DN/s, set by the brightness of real active regions
TWIST_REACH = 0.05  # solar radii over which the twist of the field fades with height


@dataclass(frozen=True, eq=False)
class Charges:
    """Magnetic charges: place (n, 3) in solar radii, seen by the observer; charge (n,) G R^2; twist (n,) radians; width (n,)."""

    place: np.ndarray
    charge: np.ndarray
    twist: np.ndarray
    width: np.ndarray
    region: np.ndarray


def charges_of(disk, surface, population):
    """Charges of all spots and plage, and of old flux, that can be seen or reach above the limb."""
    parts = (surface.spots, surface.plage)
    names = ("latitude", "longitude", "width", "flux", "region")
    latitude, longitude, width, flux, region = (np.concatenate([getattr(p, n) for p in parts]) for n in names)
    unit = disk.vectors(latitude, longitude)
    keep = (unit[:, 2] > FARTHEST_BEHIND) & (np.abs(flux) > 1e19)
    width = np.deg2rad(width[keep])
    depth = np.maximum(width, SHALLOWEST)
    twist = population.regions["twist"].to_numpy()[region[keep]] * 0.5
    return Charges(
        unit[keep] * (1 - depth)[:, None], flux[keep] / (2 * np.pi * SOLAR_RADIUS**2), twist, width, region[keep]
    )


def loop_images(disk, charges, rng, flash):
    """Emission of the loops in each coronal channel, (6, size, size), DN/s up to the exposure's PSF.

    flash: peak flux in W/m^2 of the flare that glows in each region's row, {row: flux}.
    """
    images = np.zeros((len(response_table()), disk.size, disk.size))
    if not len(charges.charge):
        return images
    chance = np.sqrt(np.abs(charges.charge))
    pick = rng.choice(len(chance), N_LINES, p=chance / chance.sum())
    carried = np.abs(charges.charge[pick]) / np.bincount(pick, minlength=len(chance))[pick]
    outward = charges.place[pick] / np.linalg.norm(charges.place[pick], axis=1, keepdims=True)
    spread = 1.1 * charges.width[pick]
    foot = outward + rng.normal(size=(N_LINES, 3)) * spread[:, None]
    foot *= 1.002 / np.linalg.norm(foot, axis=1, keepdims=True)
    scatter = rng.normal(0, 0.13, N_LINES) + 0.05 * np.abs(charges.twist[pick]) / 0.5
    cooling = np.where(rng.random(N_LINES) < COOLING, rng.uniform(0.1, 0.6, N_LINES), 0.0)
    brightness = np.exp(rng.normal(0, 0.5, N_LINES))
    hot = np.array([flash.get(int(region), 0.0) for region in charges.region[pick]])
    _draw_all(
        images, disk.pixel, charges.place, charges.charge, charges.twist, pick, foot, carried * brightness, scatter,
        cooling, hot, response_table(),
    )  # fmt: skip
    return images


@numba.njit(cache=True, fastmath=True)
def _field(x, y, z, place, charge, near, n_near, twist, out):
    """Field at a point: the charges' potential field, turned about the vertical by the twist, fading with height."""
    bx = by = bz = 0.0
    for m in range(n_near):
        k = near[m]
        dx, dy, dz = x - place[k, 0], y - place[k, 1], z - place[k, 2]
        square = dx * dx + dy * dy + dz * dz
        factor = charge[k] / (square * np.sqrt(square))
        bx += factor * dx
        by += factor * dy
        bz += factor * dz
    r = np.sqrt(x * x + y * y + z * z)
    ux, uy, uz = x / r, y / r, z / r
    angle = twist * np.exp(-max(r - 1, 0.0) / TWIST_REACH)
    c, s = np.cos(angle), np.sin(angle)
    dot = (bx * ux + by * uy + bz * uz) * (1 - c)
    out[0] = bx * c + (uy * bz - uz * by) * s + ux * dot
    out[1] = by * c + (uz * bx - ux * bz) * s + uy * dot
    out[2] = bz * c + (ux * by - uy * bx) * s + uz * dot


@numba.njit(cache=True, fastmath=True)
def _trace(start, sign, place, charge, near, n_near, twist, path):
    """Follow a field line from the surface by midpoint steps until it returns or leaves; (number of points, closed)."""
    b = np.zeros(3)
    x, y, z = start
    for n in range(path.shape[0]):
        path[n, 0], path[n, 1], path[n, 2] = x, y, z
        height = np.sqrt(x * x + y * y + z * z) - 1
        if n > 1 and height < 0:
            return n + 1, True
        if height > 0.7:
            return n + 1, False
        step = sign * min(0.006 + 0.18 * max(height, 0.0), 0.05)
        _field(x, y, z, place, charge, near, n_near, twist, b)
        half = 0.5 * step / np.sqrt(b[0] ** 2 + b[1] ** 2 + b[2] ** 2 + 1e-30)
        _field(x + half * b[0], y + half * b[1], z + half * b[2], place, charge, near, n_near, twist, b)
        full = step / np.sqrt(b[0] ** 2 + b[1] ** 2 + b[2] ** 2 + 1e-30)
        x, y, z = x + full * b[0], y + full * b[1], z + full * b[2]
    return path.shape[0], False


@numba.njit(cache=True, fastmath=True)
def _draw_all(images, pixel, place, charge, twist, pick, foot, carried, scatter, cooling, hot, response):
    """Trace every line and add its light to the images (see `loop_images`)."""
    path = np.zeros((90, 3))
    near = np.zeros(len(charge), np.int64)
    b = np.zeros(3)
    for line in range(len(pick)):
        n_near = 0
        for k in range(len(charge)):
            away = (
                (place[k, 0] - foot[line, 0]) ** 2
                + (place[k, 1] - foot[line, 1]) ** 2
                + (place[k, 2] - foot[line, 2]) ** 2
            )
            if away < 0.36:
                near[n_near] = k
                n_near += 1
        turn = twist[pick[line]]
        _field(foot[line, 0], foot[line, 1], foot[line, 2], place, charge, near, n_near, turn, b)
        strong = np.sqrt(b[0] ** 2 + b[1] ** 2 + b[2] ** 2)
        sign = 1.0 if charge[pick[line]] > 0 else -1.0
        n, closed = _trace(foot[line], sign, place, charge, near, n_near, turn, path)
        if n < 4:
            continue
        end = path[n - 1]
        _field(end[0], end[1], end[2], place, charge, near, n_near, turn, b)
        if closed:
            strong = 0.5 * (strong + np.sqrt(b[0] ** 2 + b[1] ** 2 + b[2] ** 2))
        _draw(images, pixel, path, n, closed, strong, carried[line], scatter[line], cooling[line], hot[line], response)


@numba.njit(cache=True, fastmath=True)
def _draw(images, pixel, path, n, closed, strong, carried, scatter, cooling, hot, response):
    """Add one line's light: emission measure and temperature along it times each channel's response."""
    length = 0.0
    for i in range(n - 1):
        length += np.sqrt(
            (path[i + 1, 0] - path[i, 0]) ** 2 + (path[i + 1, 1] - path[i, 1]) ** 2 + (path[i + 1, 2] - path[i, 2]) ** 2
        )
    if not closed:
        length = 1.2
    log_t = 6.47 + 2 / 7 * np.log10(strong / 300) + scatter
    density = 10 ** (2 * (log_t - 6.47)) / (length / 0.1)  # relative; the square goes into the emission measure
    log_t = (log_t if closed else min(log_t, 6.0)) - cooling
    measure = LIGHT * min(density**2, 4.0) * min(length / 0.1, 1.0) ** 1.5 * carried / max(strong, 30.0)
    if hot > 0 and closed and length < 0.2:
        log_t, measure = 7.1 + 0.3 * scatter, measure + 40 * LIGHT * hot / 1e-5 * carried / strong
    millions = 10 ** (log_t - 6)
    size, half = images.shape[1], images.shape[1] * pixel / 2
    travelled = 0.0
    for i in range(n - 1):
        dx, dy, dz = path[i + 1, 0] - path[i, 0], path[i + 1, 1] - path[i, 1], path[i + 1, 2] - path[i, 2]
        ds = np.sqrt(dx * dx + dy * dy + dz * dz)
        parts = int(ds / (0.6 * pixel)) + 1
        for part in range(parts):
            f = (part + 0.5) / parts
            x, y, z = path[i, 0] + f * dx, path[i, 1] + f * dy, path[i, 2] + f * dz
            square = x * x + y * y
            if z < 0 and square < 1:
                continue
            along = (travelled + f * ds) / length
            height = max(np.sqrt(square + z * z) - 1, 0.0)
            shape = np.sin(np.pi * min(max(along, 0.01), 0.99)) if closed else min(1.0, 0.1 + 8 * along)
            here = log_t + 0.3 * np.log10(max(shape, 0.05))
            light = measure * np.exp(-2 * height / (0.0676 * max(millions, 0.8))) * ds / parts
            k = int((here - LOG_T_START) / LOG_T_STEP)
            if k < 0 or k >= response.shape[1]:
                continue
            column, row = (x + half) / pixel - 0.5, (y + half) / pixel - 0.5
            j, r = int(np.floor(column)), int(np.floor(row))
            if j < 0 or r < 0 or j >= size - 1 or r >= size - 1:
                continue
            u, v = column - j, row - r
            for c in range(images.shape[0]):
                value = light * response[c, k]
                images[c, r, j] += value * (1 - u) * (1 - v)
                images[c, r, j + 1] += value * u * (1 - v)
                images[c, r + 1, j] += value * (1 - u) * v
                images[c, r + 1, j + 1] += value * u * v
        travelled += ds
