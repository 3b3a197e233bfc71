"""A raster that ndcube, sunraster or irispy-lmsal holds, read as a file is: what the cube states, and nothing else."""

import re
import warnings
from collections.abc import Mapping

import astropy.units as u
import numpy as np
from astropy.time import Time

from flarebook.compendium.data.header_values import count_unit, text
from flarebook.compendium.errors import InputError
from flarebook.iris.rasters import level2
from flarebook.iris.rasters.raster import FLAGS
from flarebook.iris.rasters.window import MISSING, ROUNDING, RasterWindow, needed_wavelengths, slit_range

NAME = "the cube"  # in messages
EXPOSURE_NAMES = ("exposure time", "exposure_time")  # sunraster's, and those of `Raster.to_ndcube`
POINTING = ("custom:pos.helioprojective.lon", "custom:pos.helioprojective.lat")
AXES = ("exposures", "slit")
PLACES = (("x", 0), ("y", 0), ("slit_x", 1), ("slit_y", 1))  # extra coordinates of `Raster.to_ndcube` and their axes
CAMERA_UNIT = re.compile(r"DN_IRIS_(NUV|FUV)")  # irispy's names of a DN, which is 18 or 4 photons


def is_held(source):
    """Whether a source is a cube, a sequence of cubes or a collection of sequences instead of a file's name."""
    return hasattr(source, "axis_world_coords") or hasattr(source, "cube_like_shape") or isinstance(source, Mapping)


def name_of(source):
    """What messages call a source: the path, or "the cube"."""
    return NAME if is_held(source) else str(source)


def cubes_of(source, window):
    """The cubes of one spectral window, in order: list of ndcube.NDCube.

    source: a cube, a sequence (SpectrogramCubeSequence), or irispy's RasterCollection, a mapping by window.
    Raises InputError that lists the windows when there is none.
    """
    if isinstance(source, Mapping):
        family = " ".join(window.split()[:2]).lower()
        found = next((key for key in source if family in str(key).lower()), None)
        if found is None:
            raise InputError(f"the collection has no {window} window; its windows are: {', '.join(map(str, source))}.")
        source = source[found]
    return [source] if hasattr(source, "axis_world_coords") else list(source.data)


class CubeWindow(RasterWindow):
    """The exposures of an NDCube, axes (exposure, slit, wavelength), in the order of the cube.

    Unit of the counts, vacuum wavelengths, times and exposure times must be stated, or InputError is raised; an absent
    pointing or telescope is among `contradictions`, and so are masked spectra among the flags.
    """

    def __init__(self, cube, slit):
        self.name, self.cube = NAME, cube
        self.primary = {str(key): value for key, value in dict(cube.meta or {}).items()}
        if cube.data.ndim != 3:
            raise InputError(f"{NAME} has the shape {cube.data.shape}: give exposures, slit and wavelength (cube[0:1])")
        self.contradictions = self._check_telescope()
        self.factor, self.per_second = self._unit()
        wavelength = self._axis("em.wl", 2, "vacuum wavelengths (em.wl) along its last axis").to_value(u.AA)
        self.turned, self.missing = wavelength[0] > wavelength[-1], MISSING + ROUNDING
        self.wavelength = wavelength[::-1] if self.turned else wavelength
        self.needed = needed_wavelengths(self.wavelength)
        self.slit = slit_range(slit, cube.data.shape[1], NAME)
        times = self._times()
        self.start = level2.start_of(self.primary, NAME) if text(self.primary, "STARTOBS") else times.min()
        x, y, offset, self.slit_direction = self._pointing()
        self.slit_offset = offset[self.slit]
        columns = {"time": (times - self.start).to_value(u.s), "exposure_time": self._exposure_times(times)}
        self.columns = columns | {"x": x, "y": y}
        self.order, self.notes = range(len(cube.data)), list(self.contradictions)

    def _check_telescope(self):
        """Notes; InputError for a cube of another telescope."""
        if not text(self.primary, "TELESCOP"):
            return [f"{NAME} states no telescope (meta['TELESCOP']): its spectra are taken as those of IRIS."]
        level2.check_origin(self.primary, NAME)
        return []

    def _unit(self):
        """Factor to DN or DN/s, and whether the counts are per second."""
        if self.cube.unit is None or not str(self.cube.unit):
            raise InputError(f"{NAME} states no unit of its counts: give one in DN or DN/s")
        return count_unit(CAMERA_UNIT.sub("DN", self.cube.unit.to_string()), f"the unit of {NAME}")

    def _axis(self, kind, axis, wanted):
        """Coordinates (n,) of a physical type along one array axis, Quantity; InputError where there are none."""
        for wcs in (self.cube.wcs, self.cube.extra_coords):
            if kind in _physical_types(wcs):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", u.UnitsWarning)  # "Angstrom" is old in one of the standards
                    values = self.cube.axis_world_coords_values(kind, wcs=wcs)[0]
                if values.ndim == 1 and len(values) == self.cube.data.shape[axis]:
                    return values
        raise InputError(f"{NAME} has no {wanted}; it has {self.cube.array_axis_physical_types}")

    def _times(self):
        """Times of the exposures, astropy Time in UTC, of their beginnings, as in the file, where irispy keeps them."""
        begin = self.primary.get("auxiliary times")  # since irispy 0.9 the coordinate is the time of mid-exposure
        if isinstance(begin, Time) and begin.shape == self.cube.data.shape[:1]:
            return begin.utc
        for wcs in (self.cube.wcs, self.cube.extra_coords):
            if "time" in _physical_types(wcs):
                times = self.cube.axis_world_coords("time", wcs=wcs)[0]
                if isinstance(times, Time) and times.shape == self.cube.data.shape[:1]:
                    return times.utc
        raise InputError(f"{NAME} has no time of each exposure (an extra coordinate 'time'): add them")

    def _exposure_times(self, times):
        """Exposure times in s, from the extra coordinates or the metadata."""
        found = _extra(self.cube, EXPOSURE_NAMES)
        if found is None:
            found = next((self.primary[name] for name in EXPOSURE_NAMES if name in self.primary), None)
        if not hasattr(found, "unit") or found.shape != times.shape:
            raise InputError(f"{NAME} has no exposure time with a unit for each exposure: add it to its extra_coords")
        return found.to_value(u.s)

    def _pointing(self):
        """Place of the slit centre (n,) twice, distance along the slit (n_slit,), arcsec, and its direction.

        From helioprojective coordinates, or those of `Raster.to_ndcube`; NaN where there are none.
        """
        n_exposures, n_slit = self.cube.data.shape[:2]
        middle = (n_slit - 1) / 2
        if set(POINTING) <= set(_physical_types(self.cube.wcs)):
            found = self.cube.axis_world_coords_values(*POINTING)
            lon, lat = (getattr(found, re.sub("[:.]", "_", kind)).to_value(u.arcsec) for kind in POINTING)
            lon = (lon + 648_000) % 1_296_000 - 648_000
            ends = np.array([value[0, -1] - value[0, 0] for value in (lon, lat)])
            x, y = ((value[:, int(np.floor(middle))] + value[:, int(np.ceil(middle))]) / 2 for value in (lon, lat))
            length = np.hypot(*ends) or 1.0
            return x, y, (np.arange(n_slit) - middle) * length / max(n_slit - 1, 1), tuple(ends / length)
        coordinates = [_extra(self.cube, (name,), axis) for name, axis in PLACES]
        if any(value is None for value in coordinates):
            self.contradictions.append(f"{NAME} has no helioprojective coordinates: its place on the Sun is unknown.")
            return *np.full((2, n_exposures), np.nan), np.full(n_slit, np.nan), (0.0, 1.0)
        x, y, west, north = (value.to_value(u.arcsec) for value in coordinates)
        offset = self._axis("custom:pos.slit.offset", 1, "distance along the slit (custom:pos.slit.offset)")
        offset = offset.to_value(u.arcsec)
        length = offset[-1] - offset[0] or 1.0
        return x, y, offset, ((west[-1] - west[0]) / length, (north[-1] - north[0]) / length)

    def _counts(self, step):
        """Values of an exposure, (n_slit, n_wavelengths)."""
        return np.asarray(self.cube.data[step, self.slit], np.float32)

    def _exposure(self, step):
        """One exposure; spectra that the cube masks where the features need them are flagged."""
        exposure = super()._exposure(step)
        if self.cube.mask is None or self.cube.mask is False:
            return exposure
        mask = np.broadcast_to(self.cube.mask, self.cube.data.shape)[step, self.slit][:, :: -1 if self.turned else 1]
        masked = mask[:, self.needed].any(axis=1) & (exposure.flag == 0)
        return exposure._replace(flag=np.where(masked, np.uint8(FLAGS.index("masked")), exposure.flag))


def _physical_types(wcs):
    """Physical types of the coordinates of a cube's wcs, or of its extra_coords: sequence of str."""
    inner = wcs if hasattr(wcs, "world_axis_physical_types") else wcs.wcs  # None without extra coordinates
    return () if inner is None else inner.world_axis_physical_types


def _extra(cube, names, axis=0):
    """Extra coordinate along an array axis by name, Quantity (n,); None where there is none of these names.

    Raises InputError when it runs along another axis.
    """
    wcs, mapping = cube.extra_coords.wcs, cube.extra_coords.mapping
    known = list(wcs.world_axis_names) if wcs is not None else []
    index = next((known.index(name) for name in names if name in known), None)
    if index is None:
        return None
    count, along = cube.data.shape[axis], np.flatnonzero(wcs.axis_correlation_matrix[index])
    if [mapping[pixel] for pixel in along] != [cube.data.ndim - 1 - axis]:  # pixel axes count from the last array axis
        raise InputError(
            f"the extra coordinate {known[index]!r} of {NAME} does not run along its {AXES[axis]}: correct it"
        )
    pixels = [np.arange(count) if pixel in along else np.zeros(count) for pixel in range(wcs.pixel_n_dim)]
    values = wcs.pixel_to_world_values(*pixels)
    return (values if wcs.world_n_dim == 1 else values[index]) * u.Unit(wcs.world_axis_units[index])
