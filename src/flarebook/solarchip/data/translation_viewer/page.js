"use strict";
// The page: source, translation, truth, their difference and the ensemble's spread of one date, and a cut through them.

const data = JSON.parse(byId("data").textContent);
const PANELS = ["source", "translation", "truth", "difference", "spread"];
const state = { values: null, x: 0, y: 0 };

// Scaled values of a panel, (size * size), row 0 south; the difference is the translation less the truth.
function panel(name) {
  const { size, step } = data, stored = ["source", "translation", "truth", "spread"], pixels = size * size;
  if (name === "difference") {
    const [translated, truth] = [panel("translation"), panel("truth")];
    return translated.map((value, i) => value - truth[i]);
  }
  const [date, target] = ["date", "target"].map((id) => Number(byId(id).value));
  const start = (date * data.targets.length + target) * stored.length + stored.indexOf(name);
  return Float32Array.from(state.values.subarray(start * pixels, (start + 1) * pixels), (value) => value * step);
}

// Root mean square difference on the disk, mean spread there, and share of its pixels within twice the spread.
function diskScores() {
  const [difference, spread] = [panel("difference"), panel("spread")], disk = bytesOf(data.disk);
  let n = 0, square = 0, sum = 0, within = 0;
  disk.forEach((on, i) => {
    if (!on) return;
    n += 1;
    square += difference[i] ** 2;
    sum += spread[i];
    within += Math.abs(difference[i]) <= 2 * spread[i] ? 1 : 0;
  });
  return { rms: Math.sqrt(square / n), spread: sum / n, within: within / n };
}

function look(name) {
  const target = data.targets[Number(byId("target").value)];
  if (name === "difference") return { colours: data.diverging, low: -target.reach, high: target.reach };
  if (name === "spread") return { colours: data.sequential, low: 0, high: target.reach };
  return name === "source" ? target.source : target;
}

function drawPanel(name) {
  const { size } = data, { colours, low, high } = look(name), table = bytesOf(colours), values = panel(name);
  const context = byId(name).getContext("2d"), image = context.createImageData(size, size);
  values.forEach((value, i) => {
    const level = Math.round(Math.min(Math.max((value - low) / (high - low), 0), 1) * 254);
    const at = 4 * ((size - 1 - Math.floor(i / size)) * size + i % size); // north is above
    image.data.set([...table.subarray(3 * level, 3 * level + 3), 255], at);
  });
  context.putImageData(image, 0, 0);
}

function drawCut() {
  const { size } = data, xs = Array.from({ length: size }, (_, i) => i);
  const row = (name) => panel(name).subarray(state.y * size, (state.y + 1) * size);
  const [truth, translated, spread] = ["truth", "translation", "spread"].map((name) => Array.from(row(name)));
  const [above, below] = [1, -1].map((side) => translated.map((value, i) => value + side * spread[i]));
  const [low, high] = [Math.min(...below, ...truth), Math.max(...above, ...truth)];
  const ticks = { x: roundTicks(0, size - 1, 6), y: roundTicks(low, high, 4) };
  const plot = axes(byId("cut"), [0, size - 1], [low, high], ["pixel from east to west", "scaled value"], ticks);
  const outline = [xs.concat([...xs].reverse()), above.concat([...below].reverse())];
  plot.add("path", { class: "band", d: `${path(...outline, plot)}Z` });
  plot.add("path", { class: "translation", d: path(xs, translated, plot) });
  plot.add("path", { class: "truth", d: path(xs, truth, plot) });
  plot.add("line", { class: "line", x1: plot.x(state.x), x2: plot.x(state.x), y1: plot.top, y2: plot.bottom });
}

function update() {
  const target = data.targets[Number(byId("target").value)], scores = diskScores();
  PANELS.forEach(drawPanel);
  byId("source-name").textContent = target.source.label;
  byId("target-name").textContent = target.label;
  byId("scores").textContent = `On the disk: root mean square difference ${scores.rms.toFixed(3)}, ` +
    `mean spread ${scores.spread.toFixed(3)}, ` +
    `${(100 * scores.within).toFixed(0)} % of the pixels within twice the spread.`;
  point(state.x, state.y);
}

function point(x, y) {
  const { size } = data, inside = (value) => Math.min(Math.max(Math.round(value) || 0, 0), size - 1);
  [state.x, state.y] = [byId("x").value, byId("y").value] = [inside(x), inside(y)];
  for (const name of PANELS) {
    const mark = byId(name).nextElementSibling;
    mark.style.left = `${(state.x + 0.5) / size * 100}%`;
    mark.style.top = `${(size - state.y - 0.5) / size * 100}%`;
    byId(`${name}-value`).textContent = minus(panel(name)[state.y * size + state.x].toFixed(3));
  }
  drawCut();
}

function listen() {
  for (const id of ["date", "target"]) byId(id).addEventListener("change", update);
  const moved = () => point(Number(byId("x").value), Number(byId("y").value));
  for (const id of ["x", "y"]) byId(id).addEventListener("input", moved);
  for (const name of PANELS) {
    listenForArrows(byId(name), (right, up) => point(state.x + right, state.y + up));
    byId(name).addEventListener("click", (event) => {
      const box = byId(name).getBoundingClientRect();
      const [x, y] = [(event.clientX - box.x) / box.width, 1 - (event.clientY - box.y) / box.height];
      point(x * data.size - 0.5, y * data.size - 0.5);
    });
  }
  new ResizeObserver(drawCut).observe(byId("cut"));
}

async function open() {
  state.values = new Int16Array(await inflate(data.values));
  [state.x, state.y] = data.first;
  update();
  listen();
  document.documentElement.dataset.ready = "";
}

open();
