"use strict";
// The page: a place on the slit, an example or a reader's own spectrum is scored and shown.

const data = JSON.parse(document.getElementById("data").textContent);
const weights = tensors(bytesOf(data.weights));
const state = { shown: null, library: null, slit: null, file: null };

// Everything about one spectrum in DN; a refusal where the package gives no score.
function assess(wavelength, spectrum, exposureTime) {
  checkAxis(wavelength);
  const [first, last] = [data.grid[0], data.grid[data.grid.length - 1]];
  const isNeeded = (_, i) => (wavelength[i + 1] ?? Infinity) >= first && (wavelength[i - 1] ?? -Infinity) <= last;
  const needed = spectrum.filter(isNeeded);
  if (needed.some(Number.isNaN)) {
    throw new Refusal(`The spectrum has missing values between ${first.toFixed(2)} and ${last.toFixed(2)} Å: ` +
      "give a complete one.");
  }
  if (needed.some((value) => value >= data.limits.saturated)) {
    throw new Refusal(`The spectrum is saturated (${data.limits.saturated} DN or more): give a shorter exposure.`);
  }
  const measured = measure(spectrum, wavelength, exposureTime);
  if (!measured) throw new Refusal("The ten features cannot be measured: there is no emission in the k and h windows.");
  const members = memberScores(weights, measured.features);
  const [score, spread] = meanAndSpread(members);
  return { wavelength, spectrum, exposureTime, ...measured, members, score, spread };
}

const nearest = (assessed) => nearestShape(state.library, assessed.profile, assessed.top);

// The library takes as long as everything else, so that the page answers before it is ready.
function addLibrary() {
  state.library = libraryShapes(data.library, data.grid);
  if (state.shown) showNearest();
}

// --- what the reader sees ---
function show(assessed, title, origin, notes = []) {
  state.shown = { ...assessed, title, nearest: null };
  byId("result").hidden = false; // before it is drawn: a hidden drawing has no width
  byId("shown-title").textContent = title;
  byId("origin").textContent = origin;
  byId("origin").className = `badge ${origin.split(" ")[0].toLowerCase()}`;
  byId("score").textContent = assessed.score.toFixed(3);
  byId("spread").textContent = assessed.spread.toFixed(3);
  byId("notes").textContent = notes.join(" ");
  fillFeatures(assessed.features);
  drawAll();
  if (state.library) showNearest();
}

function showNearest() {
  state.shown.nearest = nearest(state.shown);
  fillAtmosphere(state.shown.nearest);
  drawAll();
}

function row(...texts) {
  const made = document.createElement("tr");
  texts.forEach((text, i) => {
    const cell = made.appendChild(document.createElement(i ? "td" : "th"));
    if (!i) cell.scope = "row";
    cell.textContent = text;
  });
  return made;
}

function fillFeatures(features) {
  byId("features").replaceChildren(...data.features.map(({ name, unit, mean, scale }, i) => {
    const away = (features[i] - mean) / scale, sign = away < 0 ? "−" : "+";
    const made = row(name, minus(Number(features[i].toPrecision(4))), unit, sign + Math.abs(away).toFixed(1));
    if (Math.abs(away) > data.limits.unfamiliar) made.className = "far";
    return made;
  }));
}

function fillAtmosphere(found) {
  const values = { ...data.library.quantities[found.profile], ...found }, limit = data.library.covered;
  const rows = data.library.labels.map(({ key, label }) => row(label, minus(Number(values[key].toPrecision(3)))));
  byId("atmosphere").replaceChildren(...rows);
  const lacking = `does not hold this shape (limit ${limit}), so its atmosphere says little.`;
  byId("distance").textContent = `Distance ${found.distance.toFixed(4)} of the peak: the library ` +
    (found.covered ? "holds this shape." : lacking);
}

function drawAll() {
  if (!state.shown || byId("result").hidden) return;
  drawProfile(byId("profile"), state.shown);
  drawLine(byId("line"), state.shown);
  drawScores(byId("members"), state.shown.members);
  const { title, score, spread } = state.shown;
  const scored = `score ${score.toFixed(2)} ± ${spread.toFixed(2)}`;
  byId("profile").setAttribute("aria-label", `Profile of ${title} in DN per second against wavelength, ${scored}.`);
}

// --- the real raster ---
// Counts of a place on the slit in DN: differences of quarter DN along wavelength, the lowest number for a missing one.
function slitSpectrum(exposure, pixel) {
  const { shape: [, nSlit, nWavelengths], missing, unit } = data.raster;
  const start = (exposure * nSlit + pixel) * nWavelengths, counts = new Float32Array(nWavelengths);
  for (let i = 0, sum = 0; i < nWavelengths; i++) {
    sum = (sum + state.slit[start + i]) << 16 >> 16;
    counts[i] = sum === missing ? NaN : sum * unit;
  }
  return counts;
}

function assessSlit(exposure, pixel) {
  const { wavelength, exposure_time: times, shape: [, nSlit], flags, flag_words: words } = data.raster;
  const flag = flags[exposure * nSlit + pixel];
  if (flag) throw new Refusal(`Slit pixel ${pixel} of exposure ${exposure + 1} has no score: ${words[flag]}.`);
  return assess(wavelength, slitSpectrum(exposure, pixel), times[exposure]);
}

function pick(exposure, pixel) {
  const { shape: [nExposures, nSlit], y, title } = data.raster;
  const marker = byId("marker"), inside = (value, n) => Math.min(Math.max(Math.round(value) || 0, 0), n - 1);
  [exposure, pixel] = [inside(exposure, nExposures), inside(pixel, nSlit)];
  byId("exposure").value = exposure + 1;
  for (const id of ["pixel", "slide"]) byId(id).value = pixel;
  marker.style.left = `${(pixel + 0.5) / nSlit * 100}%`;
  marker.style.top = `${(exposure + 0.5) / nExposures * 100}%`;
  byId("place").textContent = `solar y ${y[pixel].toFixed(1)} arcsec`;
  attempt(() => show(assessSlit(exposure, pixel), `slit pixel ${pixel}, exposure ${exposure + 1}, ${title}`, "REAL"));
}

function showMap() {
  const map = data.raster.maps.find(({ key }) => key === byId("map-of").value), colours = bytesOf(map.colours);
  drawSlit(byId("slit"), map, data.raster.shape);
  const colour = (level) => colours.subarray(3 * level, 3 * level + 3).join(" ");
  const stops = Array.from({ length: 9 }, (_, i) => colour(Math.floor(i * 254 / 8)));
  byId("key").style.background = `linear-gradient(90deg, ${stops.map((stop) => `rgb(${stop})`).join(", ")})`;
  [byId("low").textContent, byId("high").textContent] = [map.low, map.high];
}

// --- a reader's own spectrum ---
const said = () => ({
  lengthUnit: byId("length-unit").value, countUnit: byId("count-unit").value,
  exposureTime: byId("exposure-time").value || null,
});

function showOwn(read, title, simulated) {
  const own = completed(read, said());
  const time = `Exposure time: ${Number(own.exposureTime.toPrecision(6))} s.`;
  const notes = [...own.notes, time, "A cosmic-ray hit cannot be found in one spectrum alone."];
  const assessed = assess(own.wavelength, own.spectrum, own.exposureTime);
  show(assessed, title, simulated ? "SIMULATED, says the file" : "YOURS", notes);
}

const scoreText = () => attempt(() => showOwn(readText(byId("text").value), "your text", false));

function showFile() {
  const { name, spectra } = state.file, wanted = Math.round(Number(byId("number").value)) || 1;
  const number = Math.min(Math.max(wanted, 1), spectra.count);
  byId("number").value = number;
  const part = spectra.name?.(number - 1) ?? `spectrum ${number}`;
  const title = spectra.count > 1 ? `${part} of ${name}` : name;
  showOwn(spectra.at(number - 1), title, spectra.simulated); // a refusal passes through to the one `attempt` around it
}

async function takeFile(file) {
  const buffer = await file.arrayBuffer(), isFits = new TextDecoder("latin1").decode(buffer.slice(0, 6)) === "SIMPLE";
  byId("several").hidden = true;
  attempt(() => {
    if (!isFits && /\.fits?(\.gz)?$/i.test(file.name)) {
      throw new Refusal(`${file.name} is not a FITS file, or is packed: give another copy, unpacked.`);
    }
    const text = isFits ? null : readText(new TextDecoder().decode(buffer));
    const spectra = isFits ? readFits(buffer) : { count: 1, at: () => text, simulated: false };
    if (!(spectra.count > 0)) throw new Refusal(`${file.name} holds no spectrum: give another file.`);
    state.file = { name: file.name, spectra };
    byId("several").hidden = spectra.count === 1;
    [byId("number").max, byId("of").textContent] = [spectra.count, spectra.count];
    byId("number").value = (spectra.first ?? 0) + 1;
    showFile();
  });
}

// The shown spectrum as text that this page takes back.
function saved() {
  const { wavelength, spectrum, exposureTime, title } = state.shown;
  const lines = Array.from(wavelength, (value, i) => `${value},${spectrum[i]}`);
  const head = [`# ${title}`, `# exposure time: ${exposureTime} s`, "wavelength in vacuum [Angstrom],intensity [DN]"];
  return [...head, ...lines, ""].join("\n");
}

function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([saved()], { type: "text/csv" }));
  link.download = "spectrum.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}

function listen() {
  const chosen = () => pick(Number(byId("exposure").value) - 1, Number(byId("pixel").value));
  byId("exposure").addEventListener("change", chosen);
  byId("pixel").addEventListener("change", chosen);
  byId("slide").addEventListener("input", () => pick(Number(byId("exposure").value) - 1, Number(byId("slide").value)));
  byId("map-of").addEventListener("change", showMap);
  byId("slit").addEventListener("click", (event) => {
    const box = byId("slit").getBoundingClientRect(), [nExposures, nSlit] = data.raster.shape;
    const [x, y] = [(event.clientX - box.x) / box.width, (event.clientY - box.y) / box.height];
    pick(Math.floor(y * nExposures), Math.floor(x * nSlit));
  });
  listenForArrows(byId("slit"), (right, up) => { // exposures count downwards
    pick(Number(byId("exposure").value) - 1 - up, Number(byId("pixel").value) + right);
  });
  byId("example").addEventListener("change", () => {
    const { wavelength, spectrum, exposure_time: time, title, origin } = data.examples[Number(byId("example").value)];
    attempt(() => show(assess(wavelength, Float32Array.from(spectrum), time), title, origin));
  });
  byId("own").addEventListener("submit", (event) => { event.preventDefault(); scoreText(); });
  listenForFiles(takeFile);
  byId("number").addEventListener("change", () => attempt(showFile));
  byId("save").addEventListener("click", save);
  new ResizeObserver(drawAll).observe(byId("result"));
}

async function open() {
  const profiles = new Float32Array(bytesOf(data.library.profiles).buffer), n = data.library.wavelength.length;
  data.library.profiles = Array.from({ length: profiles.length / n }, (_, i) => profiles.subarray(i * n, (i + 1) * n));
  data.raster.flags = bytesOf(data.raster.flags);
  state.slit = new Int16Array(await inflate(data.raster.counts));
  showMap();
  listen();
  pick(...data.raster.first);
  document.documentElement.dataset.ready = "";
  setTimeout(addLibrary);
}

open();
