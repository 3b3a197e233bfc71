"use strict";
// A reader's spectrum from text: what is stated in it, and nothing that is not.

const LENGTHS = { "å": 1, a: 1, aa: 1, angstrom: 1, angstroms: 1, nm: 10, um: 1e4, "µm": 1e4, m: 1e10 };
const COUNTS = /^(dn|ct|count|counts|adu)( *\/ *s| *s ?(-|\^-|\*\*-)1)?$/;

// Factor to Angstrom, or a refusal.
function lengthUnit(written) {
  const factor = LENGTHS[written.trim().toLowerCase()];
  if (!factor) throw new Refusal(`The wavelength unit is ${quoted(written)}: give wavelengths in Å or nm.`);
  return factor;
}

// Whether counts are per second, or a refusal.
function countsPerSecond(written) {
  const found = COUNTS.exec(written.trim().toLowerCase());
  if (!found) {
    throw new Refusal(`The intensity unit is ${quoted(written)}, neither DN nor DN/s: convert the values first.`);
  }
  return found[2] !== undefined;
}

function refuseAir(words) {
  if (/\bair\b/i.test(words)) throw new Refusal(`${quoted(words)} are wavelengths in air: give them in vacuum.`);
}

// Spectrum of two columns of text: {wavelength, intensity, lengthUnit, countUnit, exposureTime, notes}; null where not
// stated; notes: that the wavelengths are those in vacuum, where that is stated.
function readText(text) {
  const stated = { lengthUnit: null, countUnit: null, exposureTime: null, notes: [] };
  const time = /exposure[ _]?time[ :=]*([0-9.eE+-]+) *(s|seconds?)\b/i.exec(text);
  if (time) stated.exposureTime = Number(time[1]);
  const lines = textLines(text);
  if (lines.length && !isNumber(cells(lines[0][0])[0])) readHeader(lines.shift()[0], stated);
  if (!lines.length) throw new Refusal("There are no values: paste two columns, wavelength and intensity.");
  const rows = lines.map(([line, number]) => readRow(line, number));
  return { wavelength: rows.map((row) => row[0]), intensity: rows.map((row) => row[1]), ...stated };
}

function readRow(line, number) {
  const [wavelength, intensity, ...rest] = cells(line);
  if (intensity === undefined || rest.length) {
    const n = rest.length ? rest.length + 2 : 1;
    throw new Refusal(`Line ${number} has ${n} columns: give two, wavelength and intensity.`);
  }
  const empty = /^(nan|)$/i.test(intensity), endless = /^[+-]?inf(inity)?$/i.test(intensity);
  const value = empty ? NaN : endless ? Infinity : Number(intensity);
  if (!isNumber(wavelength) || (Number.isNaN(value) && !empty)) {
    throw new Refusal(`Line ${number}, ${quoted(line)}, holds no wavelength and intensity: correct it.`);
  }
  return [Number(wavelength), value];
}

// Units that a line of names states in brackets: wavelength [nm], intensity (DN/s).
function readHeader(line, stated) {
  const names = /[,;\t]/.test(line) ? cells(line) : line.match(/[^\s[\]()]+(\s*[[(][^\])]*[\])])?/g) ?? [];
  const [length, count] = names.map((name) => /[\[(](.*)[\])]/.exec(name)?.[1] ?? null);
  if (names.length !== 2) {
    throw new Refusal(`The first line names ${names.length} columns: give two, wavelength and intensity.`);
  }
  refuseAir(names[0]);
  const notes = /\bvacuum\b/i.test(names[0]) ? ["The text states wavelengths in vacuum."] : [];
  Object.assign(stated, { lengthUnit: length, countUnit: count ?? null, notes });
}

// A spectrum in Angstrom and DN from what was read and what the reader states; refuses what neither states.
function completed(read, said) {
  const spoken = (name, what) => {
    const value = read[name] ?? said[name];
    if (value === null || value === undefined || value === "") {
      throw new Refusal(`${what} is not stated: choose it in the form.`);
    }
    return value;
  };
  const factor = lengthUnit(spoken("lengthUnit", "The wavelength unit"));
  const perSecond = countsPerSecond(spoken("countUnit", "The intensity unit"));
  const exposureTime = Number(spoken("exposureTime", "The exposure time"));
  const [low, high] = data.limits.exposure_time;
  if (!(exposureTime > low && exposureTime <= high)) {
    throw new Refusal(`The exposure time is ${exposureTime} s: it must be above ${low} and at most ${high} s.`);
  }
  const seconds = perSecond ? exposureTime : 1;
  const missing = read.missing ?? data.limits.missing;
  const counts = read.intensity.map((value) => (value > missing ? value * seconds : NaN));
  const wavelength = read.wavelength.map((value) => value * factor);
  const medium = said.lengthUnit ? "The form states wavelengths in vacuum." :
    "Vacuum or air is not stated: wavelengths are taken as those in vacuum.";
  const notes = read.notes?.length ? read.notes : [medium];
  return { wavelength, spectrum: Float32Array.from(counts), exposureTime, notes };
}
