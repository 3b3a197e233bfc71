"""Field lines above the surface: of magnetic charges buried below each patch of flux, turned by the regions' twist.

The charges' field is potential (as in Longcope 1996); a region's twist turns it about the vertical near the surface,
which makes sheared and S-shaped lines.
"""

from dataclasses import dataclass

import numpy as np

from flarebook.learning.compiled import compiled
from flarebook.solarchip.images.grid import SOLAR_RADIUS
from flarebook.solarchip.sun.surface import join_patches

SHALLOWEST = 0.012  # solar radii, depth of a charge below its spot
FARTHEST_BEHIND = -0.4  # z of patches whose lines can still reach above the limb
FAINTEST = 1e19  # Mx, of a patch that gets a charge
REACH = 0.6  # solar radii, farther charges are left out of a line's field
TWIST_REACH = 0.05  # solar radii over which the turning of the field fades with height
HIGHEST = 0.7  # solar radii above the surface, where a line counts as open
LONGEST = 90  # steps of a line


@dataclass(frozen=True, eq=False)
class Charges:
    """Magnetic charges: place (n, 3) in solar radii, seen by the observer; strength (n,) in G times square solar radii.

    twist: (n,) angle in radians at the surface; width: (n,) of the patch above in radians; region: (n,).
    """

    place: np.ndarray
    strength: np.ndarray
    twist: np.ndarray
    width: np.ndarray
    region: np.ndarray

    @property
    def sources(self):
        """Arguments of the tracing: place, strength, twist."""
        return self.place, self.strength, self.twist


def magnetic_charges(disk, surface, population):
    """Charges of all spots, plage and old flux that can be seen or whose lines may reach above the limb."""
    patches = join_patches(surface.spots, surface.plage)
    unit = disk.vectors(patches.latitude, patches.longitude)
    keep = (unit[:, 2] > FARTHEST_BEHIND) & (np.abs(patches.flux) > FAINTEST)
    width, region = np.deg2rad(patches.width[keep]), patches.region[keep]
    depth = np.maximum(width, SHALLOWEST)
    twist = 0.5 * population.regions["twist"].to_numpy()[region]
    strength = patches.flux[keep] / (2 * np.pi * SOLAR_RADIUS**2)
    return Charges(unit[keep] * (1 - depth)[:, None], strength, twist, width, region)


@compiled(fastmath=True)
def nearby_charges(foot, place, near):
    """Write the indices of the charges within REACH of a foot point into near; returns their number."""
    count = 0
    for k in range(len(place)):
        dx, dy, dz = place[k, 0] - foot[0], place[k, 1] - foot[1], place[k, 2] - foot[2]
        if dx * dx + dy * dy + dz * dz < REACH**2:
            near[count] = k
            count += 1
    return count


@compiled(fastmath=True)
def field_at(x, y, z, place, strength, near, twist):
    """Field in G at a point, (bx, by, bz): that of the charges `near`, turned about the vertical by the twist."""
    bx = by = bz = 0.0
    for k in near:
        dx, dy, dz = x - place[k, 0], y - place[k, 1], z - place[k, 2]
        square = dx * dx + dy * dy + dz * dz
        factor = strength[k] / (square * np.sqrt(square))
        bx, by, bz = bx + factor * dx, by + factor * dy, bz + factor * dz
    r = np.sqrt(x * x + y * y + z * z)
    return rotate_vector(bx, by, bz, x / r, y / r, z / r, twist * np.exp(-max(r - 1, 0.0) / TWIST_REACH))


@compiled(fastmath=True)
def rotate_vector(bx, by, bz, ux, uy, uz, angle):
    """Vector b turned by an angle about the unit vector u (Rodrigues' formula)."""
    c, s = np.cos(angle), np.sin(angle)
    along = (bx * ux + by * uy + bz * uz) * (1 - c)
    return (
        bx * c + (uy * bz - uz * by) * s + ux * along,
        by * c + (uz * bx - ux * bz) * s + uy * along,
        bz * c + (ux * by - uy * bx) * s + uz * along,
    )


@compiled(fastmath=True)
def trace_line(foot, sign, place, strength, near, twist, path):
    """Follow a field line from a foot point by midpoint steps into path; returns (number of points, whether it closes).

    sign: 1 along the field, -1 against it.  The line ends where it comes back to the surface, or above HIGHEST.
    """
    x, y, z = foot
    for n in range(len(path)):
        path[n, 0], path[n, 1], path[n, 2] = x, y, z
        height = np.sqrt(x * x + y * y + z * z) - 1
        if n > 1 and height < 0:
            return n + 1, True
        if height > HIGHEST:
            return n + 1, False
        step = sign * min(0.006 + 0.18 * max(height, 0.0), 0.05)
        bx, by, bz = field_at(x, y, z, place, strength, near, twist)
        half = 0.5 * step / np.sqrt(bx * bx + by * by + bz * bz + 1e-30)
        bx, by, bz = field_at(x + half * bx, y + half * by, z + half * bz, place, strength, near, twist)
        full = step / np.sqrt(bx * bx + by * by + bz * bz + 1e-30)
        x, y, z = x + full * bx, y + full * by, z + full * bz
    return len(path), False
