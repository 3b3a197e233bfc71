"use strict";
// A spectrum from a FITS file: level 2, a table with a wavelength column, or an image whose first axis is wavelength.

const BLOCK = 2880;
const FORMATS = {
  B: [1, "getUint8"], I: [2, "getInt16"], J: [4, "getInt32"], E: [4, "getFloat32"], D: [8, "getFloat64"],
};
const VACUUM = "CTYPE1 is WAVE: wavelengths in vacuum.";
const PIXELS = { 8: "B", 16: "I", 32: "J", "-32": "E", "-64": "D" };

// Header and data of each unit of a file: [{header, view, start}].
function fitsUnits(buffer) {
  const view = new DataView(buffer), units = [];
  let at = 0;
  while (at < buffer.byteLength) {
    const header = {}, text = (from, to) => String.fromCharCode(...new Uint8Array(buffer, from, to - from));
    for (let ended = false; !ended; at += 80) {
      if (at + 80 > buffer.byteLength || (units.length === 0 && at === 0 && text(0, 9) !== "SIMPLE  =")) {
        throw new Refusal("This is not a FITS file, or it is cut short: give another copy.");
      }
      const card = text(at, at + 80);
      ended = card.slice(0, 8) === "END     ";
      if (card.slice(8, 10) === "= ") header[card.slice(0, 8).trim()] ??= cardValue(card.slice(10));
    }
    at = Math.ceil(at / BLOCK) * BLOCK;
    const axes = Array.from({ length: header.NAXIS ?? 0 }, (_, i) => header[`NAXIS${i + 1}`]);
    const values = axes.length ? axes.reduce((a, b) => a * b, 1) : 0;
    const size = Math.abs(header.BITPIX) / 8 * (header.GCOUNT ?? 1) * ((header.PCOUNT ?? 0) + values);
    if (!(at + size <= buffer.byteLength)) throw new Refusal("The FITS file is cut short: give another copy.");
    units.push({ header, view, axes, start: at });
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
  return units;
}

function cardValue(card) {
  const text = /^ *'((?:[^']|'')*)'/.exec(card);
  if (text) return text[1].replace(/''/g, "'").trimEnd();
  const plain = card.split("/")[0].trim();
  if (plain === "T" || plain === "F") return plain === "T";
  return plain === "" ? undefined : Number(plain.replace(/[dD]/, "E"));
}

const isText = (value) => typeof value === "string" && value.trim() !== "";

// Spectra of a file: {count, at(number) as readText gives it, simulated}; of level 2 also which first, and their names.
function readFits(buffer) {
  const units = fitsUnits(buffer);
  const simulated = units.some(({ header }) => header.SIMULATD === true);
  const seconds = (header) => [header, units[0].header].flatMap((one) => [one.XPOSURE, one.EXPTIME])
    .find((value) => Number.isFinite(value)) ?? null;
  if (isLevel2(units)) return { ...readLevel2(units), simulated };
  for (const unit of units) {
    if (unit.header.ZIMAGE === true) {
      throw new Refusal("The FITS image is compressed: unpack it, for example with funpack.");
    }
    const found = unit.header.XTENSION === "BINTABLE" ? fitsTable(unit) : fitsImage(unit);
    if (!found) continue;
    return { ...found, at: (number) => ({ ...found.at(number), exposureTime: seconds(unit.header) }), simulated };
  }
  throw new Refusal("The FITS file holds no table with a wavelength column and no image whose CTYPE1 is WAVE.");
}

function valueReader({ view, header }, format, scale = header.BSCALE, zero = header.BZERO, blank = header.BLANK) {
  const [size, method] = FORMATS[format];
  return [size, (at) => {
    const value = view[method](at, false);
    return value === blank ? NaN : value * (scale ?? 1) + (zero ?? 0);
  }];
}

function pixelReader(unit) {
  const { BITPIX: bits } = unit.header;
  if (PIXELS[bits]) return valueReader(unit, PIXELS[bits]);
  throw new Refusal(`The image has BITPIX ${bits}: store it in 8, 16 or 32 bits, or as floating point.`);
}

function fitsImage(unit) {
  const { header, axes, start } = unit, kind = header.CTYPE1;
  if (!axes.length || !isText(kind) || !/^(WAVE|AWAV)/.test(kind.toUpperCase())) return null;
  if (/^AWAV/.test(kind.toUpperCase())) throw new Refusal("CTYPE1 is AWAV, wavelengths in air: give them in vacuum.");
  const missing = ["CUNIT1", "BUNIT"].filter((key) => !isText(header[key]))
    .concat(["CRVAL1", "CDELT1", "CRPIX1"].filter((key) => !Number.isFinite(header[key])));
  if (missing.length) throw new Refusal(`The header of the image does not state ${missing.join(", ")}: add it.`);
  const [length] = axes, step = header.CDELT1 * (header.PC1_1 ?? 1), turned = step < 0;
  const inOrder = (values) => (turned ? values.reverse() : values);
  const wavelength = Array.from({ length }, (_, i) => header.CRVAL1 + (i + 1 - header.CRPIX1) * step);
  const [size, read] = pixelReader(unit);
  inOrder(wavelength);
  return {
    count: axes.slice(1).reduce((a, b) => a * b, 1),
    at: (number) => ({
      wavelength, lengthUnit: header.CUNIT1, countUnit: header.BUNIT, notes: [VACUUM],
      intensity: inOrder(Array.from({ length }, (_, i) => read(start + (number * length + i) * size))),
    }),
  };
}

// Columns of a table: {name: {unit, length, read(row)}}; those of other formats than numbers are left out.
function tableColumns(unit) {
  const { header, start } = unit, columns = {};
  let offset = 0;
  for (let i = 1; i <= header.TFIELDS; i++) {
    const [, repeat, format] = /^(\d*)([A-Z])/.exec(header[`TFORM${i}`]) ?? [];
    const length = repeat === "" ? 1 : Number(repeat), from = offset;
    const width = { L: 1, A: 1, K: 8, C: 8, M: 16, P: 8, Q: 16 }[format] ?? FORMATS[format]?.[0];
    if (width === undefined) {
      throw new Refusal(`Column ${i} of the FITS table has the format ${quoted(header[`TFORM${i}`])}: leave it out.`);
    }
    offset += length * width;
    if (!FORMATS[format]) continue;
    const [size, read] = valueReader(unit, format, header[`TSCAL${i}`], header[`TZERO${i}`], header[`TNULL${i}`]);
    columns[header[`TTYPE${i}`] ?? i] = {
      unit: header[`TUNIT${i}`], length,
      read: (row) => Array.from({ length }, (_, j) => read(start + row * header.NAXIS1 + from + j * size)),
    };
  }
  return columns;
}

function fitsTable(unit) {
  const columns = Object.entries(tableColumns(unit)), rows = unit.axes[1];
  const waves = columns.filter(([name]) => /^(wave|lambda)/i.test(name));
  const isCount = (written) => isText(written) && COUNTS.test(written.trim().toLowerCase());
  const counts = columns.filter(([, column]) => isCount(column.unit));
  if (!waves.length) return null;
  if (waves.length > 1 || counts.length !== 1) {
    throw new Refusal(`The FITS table has ${waves.length} wavelength columns and ${counts.length} columns in DN or ` +
      "DN/s: give one of each, with TUNIT.");
  }
  const [[name, wave], [, count]] = [waves[0], counts[0]];
  refuseAir(name);
  if (wave.length !== count.length) throw new Refusal("The columns of wavelength and intensity differ in length.");
  const whole = (column) => Array.from({ length: rows }, (_, row) => column.read(row)[0]);
  return {
    count: wave.length > 1 ? rows : 1,
    at: (number) => ({
      wavelength: wave.length > 1 ? wave.read(number) : whole(wave),
      intensity: wave.length > 1 ? count.read(number) : whole(count),
      lengthUnit: wave.unit ?? null, countUnit: count.unit, notes: [],
    }),
  };
}
