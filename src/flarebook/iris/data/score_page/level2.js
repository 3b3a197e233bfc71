"use strict";
// Spectra of an IRIS level-2 file: what flarebook.iris.rasters.level2 establishes, in its words.

const telescope = (units) => String(units[0].header.TELESCOP ?? "").trim().toUpperCase();
const isCube = ({ axes, header }) => axes.length === 3 && header.XTENSION === "IMAGE";
const isLevel2 = (units) => telescope(units) === "IRIS" && units.some(isCube);

// Value of a keyword as a number, or undefined; a refusal of what is no number.
function keyNumber(header, key, otherwise) {
  const value = header[key];
  if (value === undefined || !String(value).trim()) return otherwise;
  if (!Number.isFinite(value)) throw new Refusal(`${key} is ${quoted(value)}, which is no number: correct the header.`);
  return value;
}

// Spectra of the window that covers the features' wavelengths: {count, first, at(number), name(number)}.
function readLevel2(units) {
  const primary = units[0].header;
  if (/^SJI/i.test(primary.INSTRUME ?? "")) {
    throw new Refusal("The file holds slit-jaw images, no spectra: give the raster file of the observation.");
  }
  const index = findWindow(units), unit = units[index], [length, nSlit, nExposures] = unit.axes;
  const { wavelength, resized, notes } = wavelengthAxis(primary, unit.header, index);
  const counts = countUnit(primary, unit.header), times = exposureTimes(units, nExposures);
  const [size, read] = pixelReader(unit), turned = wavelength[0] > wavelength[length - 1];
  const inOrder = (values) => (turned ? [...values].reverse() : values), ascending = inOrder(wavelength);
  const at = (number) => ({
    wavelength: ascending, lengthUnit: "Angstrom", countUnit: counts.unit,
    exposureTime: times[Math.floor(number / nSlit)], missing: resized ? data.limits.missing_resized : undefined,
    intensity: inOrder(Array.from({ length }, (_, i) => read(unit.start + (number * length + i) * size))),
    notes: [...notes, ...counts.notes, "Exposure times are those of the auxiliary table (EXPTIMEN)."],
  });
  const name = (number) => `exposure ${Math.floor(number / nSlit) + 1}, slit pixel ${number % nSlit}`;
  return { count: nExposures * nSlit, first: Math.floor(nSlit / 2), at, name };
}

// Number of the unit that holds the Mg II window, by its wavelengths, or by its name where those are not stated.
function findWindow(units) {
  const primary = units[0].header, [first, last] = [data.grid[0], data.grid[data.grid.length - 1]];
  const windows = units.map((unit, i) => ({
    i, unit, words: String(primary[`TDESC${i}`] ?? "").trim(),
    low: keyNumber(primary, `TWMIN${i}`, NaN), high: keyNumber(primary, `TWMAX${i}`, NaN),
  })).filter(({ unit }) => isCube(unit));
  const named = windows.filter(({ words }) => /mg ii/i.test(words));
  const covering = windows.filter(({ low, high }) => low <= first && high >= last);
  const found = [named.filter((one) => covering.includes(one)), covering,
    named.filter(({ low, high }) => Number.isNaN(low + high))].find((list) => list.length);
  if (found) return found[0].i;
  const span = (...ends) => ends.map((end) => end.toFixed(1)).join("-");
  const listed = windows.map(({ words, low, high }) => `${words || "unnamed"} (${span(low, high)} Å)`);
  throw new Refusal(`The file has no Mg II window covering ${first.toFixed(2)} to ${last.toFixed(2)} Å; its windows ` +
    `are: ${listed.join(", ")}.`);
}

// Wavelengths of a window in Å, whether it was resized, and notes on what the keywords leave open or contradict.
function wavelengthAxis(primary, header, index) {
  const { agreement, resized, largest_shift: largest } = data.limits.axis, notes = [], n = header.NAXIS1;
  ["WAVE", "HPLT", "HPLN"].forEach((start, i) => {
    const kind = header[`CTYPE${i + 1}`];
    if (isText(kind) && !kind.trim().toUpperCase().startsWith(start)) {
      throw new Refusal(`CTYPE${i + 1} is ${quoted(kind)}, not ${start}: give a level-2 raster of the archive.`);
    }
  });
  if (isText(header.CTYPE1) && isText(header.CUNIT1)) notes.push(VACUUM);
  else notes.push("CTYPE1 or CUNIT1 is missing: wavelengths are taken as those of level 2, Angstrom in vacuum.");
  const factor = lengthUnit(isText(header.CUNIT1) ? header.CUNIT1 : "Angstrom");
  const [start, step] = ["CRVAL1", "CDELT1"].map((key) => keyNumber(header, key));
  if (start === undefined || step === undefined) {
    throw new Refusal(`The header of the window has no value of ${start === undefined ? "CRVAL1" : "CDELT1"}: add it.`);
  }
  const wide = step * keyNumber(header, "PC1_1", 1) * factor, from = 1 - keyNumber(header, "CRPIX1", 1);
  const wavelength = Array.from({ length: n }, (_, i) => start * factor + (i + from) * wide);
  const [low, high] = ["TWMIN", "TWMAX"].map((key) => keyNumber(primary, `${key}${index}`));
  const [first, last] = [wavelength[0], wavelength[n - 1]].sort((a, b) => a - b);
  if (low === undefined || high === undefined || Math.max(Math.abs(first - low), Math.abs(last - high)) <= agreement) {
    return { wavelength, resized: false, notes };
  }
  const stated = `The wavelength keywords give ${first.toFixed(2)} to ${last.toFixed(2)} Å, but TWMIN and TWMAX say ` +
    `${low.toFixed(2)} to ${high.toFixed(2)} Å`;
  if (!(low < high)) throw new Refusal(`${stated}: correct them.`);
  if (Math.abs((last - first) / (high - low) - 1) > resized) {
    const bin = (high - low) / (n - 1), even = Array.from({ length: n }, (_, i) => low + i * bin);
    const note = `${stated}; TWMIN and TWMAX are used, ${bin.toFixed(4)} Å a bin.`;
    return { wavelength: even, resized: true, notes: [...notes, note] };
  }
  const shift = (first + last - low - high) / 2;
  if (Math.abs(shift) > largest) {
    throw new Refusal(`${stated}; a shift of ${shift.toFixed(2)} Å is no calibration: correct CRVAL1.`);
  }
  notes.push(`${stated}; the keywords are used, shifted by ${shift < 0 ? "" : "+"}${shift.toFixed(3)} Å.`);
  return { wavelength, resized: false, notes };
}

// Unit of the counts, which the primary header states, and notes: {unit, notes}.
function countUnit(...headers) {
  const written = headers.map(({ BUNIT }) => BUNIT).filter(isText).map((one) => one.replace(/corrected/i, "").trim());
  const open = "BUNIT is missing: the counts are taken as DN, the unit of level 2.";
  if (!written.length) return { unit: "DN", notes: [open] };
  if (new Set(written.map(countsPerSecond)).size > 1) {
    throw new Refusal(`The file has two units, BUNIT ${written.map(quoted).join(" and ")}: correct it.`);
  }
  return { unit: written[0], notes: [] };
}

// Exposure time of each exposure in s, from the auxiliary table, whose header names its columns.
function exposureTimes(units, nExposures) {
  const table = units.findLast(({ axes, header }) => axes.length === 2 && "EXPTIMEN" in header);
  if (!table) {
    throw new Refusal("The file has no auxiliary table (times and pointing); it may be cut short: download it again.");
  }
  const [width, rows] = table.axes, column = table.header.EXPTIMEN;
  if (rows !== nExposures || !Number.isInteger(column) || !(column >= 0 && column < width)) {
    throw new Refusal(`The auxiliary table has ${rows} rows of ${width} values, EXPTIMEN in column ${column}, for ` +
      `${nExposures} exposures: download it again.`);
  }
  const [size, read] = pixelReader(table);
  return Array.from({ length: rows }, (_, row) => read(table.start + (row * width + column) * size));
}
