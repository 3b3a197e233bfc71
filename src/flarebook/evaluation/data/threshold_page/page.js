"use strict";
// The page: forecasts as counts of events and others at each forecast value, scored at a threshold and a base rate.

const data = JSON.parse(byId("data").textContent);
const state = { series: null };

// Counts brought to a base rate: {p, yes, no} of each forecast value, which follows the rate where it is told of it.
function atRate(points, rate, told) {
  const share = baseRate(points), up = rate / share, down = (1 - rate) / (1 - share);
  const known = (p) => p * up / (p * up + (1 - p) * down);
  return points.map(([p, yes, no]) => ({ p: told ? known(p) : p, yes: yes * up, no: no * down }));
}

function baseRate(points) {
  const [events, others] = [1, 2].map((i) => points.reduce((sum, point) => sum + point[i], 0));
  return events / (events + others);
}

// A rate in per cent, with the digits that a rare event needs.
const percent = (rate) => `${rate < 0.001 ? Number((100 * rate).toPrecision(2)) : (100 * rate).toFixed(1)} %`;
const ratio = (part, whole) => (whole > 0 ? part / whole : 0);
const total = (counts, key) => counts.reduce((sum, count) => sum + count[key], 0);

// Scores of calling an event from a threshold on, as flarebook.evaluation.classification.count_scores has them.
function callScores(counts, threshold) {
  const called = counts.filter(({ p }) => p >= threshold), [tp, fp] = [total(called, "yes"), total(called, "no")];
  const [fn, tn] = [total(counts, "yes") - tp, total(counts, "no") - fp];
  const recall = ratio(tp, tp + fn), alarm = ratio(fp, fp + tn);
  const chance = (tp + fn) * (fn + tn) + (tp + fp) * (fp + tn);
  return {
    tss: recall - alarm, hss: ratio(2 * (tp * tn - fp * fn), chance), recall, alarm, precision: ratio(tp, tp + fp),
    f1: ratio(2 * tp, 2 * tp + fp + fn),
  };
}

// Scores that need no threshold: area under the ROC curve, Brier score, and its skill against the base rate.
function forecastScores(counts) {
  const [yes, no] = [total(counts, "yes"), total(counts, "no")], rate = yes / (yes + no);
  let below = 0, won = 0;
  for (const same of distinct(counts)) {
    won += same.yes * (below + same.no / 2);
    below += same.no;
  }
  const brier = counts.reduce((sum, { p, yes: y, no: n }) => sum + y * (1 - p) ** 2 + n * p ** 2, 0) / (yes + no);
  return { auc: won / (yes * no), brier, brier_skill: 1 - brier / (rate * (1 - rate)), base_rate: rate };
}

// Counts of equal forecasts joined, in ascending order.
function distinct(counts) {
  const joined = new Map();
  for (const { p, yes, no } of counts) {
    const one = joined.get(p) ?? { p, yes: 0, no: 0 };
    joined.set(p, { p, yes: one.yes + yes, no: one.no + no });
  }
  return [...joined.values()].sort((a, b) => a.p - b.p);
}

// Mean forecast and observed share in equal bins, an edge in the lower one: [{score, observed, n}].
function reliability(counts, bins = 10) {
  const groups = Array.from({ length: bins }, () => ({ sum: 0, yes: 0, n: 0 }));
  const inner = Array.from({ length: bins - 1 }, (_, i) => (i + 1) * (1 / bins));
  for (const { p, yes, no } of counts) {
    const group = groups[inner.filter((edge) => edge < p).length];
    group.sum += p * (yes + no);
    group.yes += yes;
    group.n += yes + no;
  }
  return groups.filter(({ n }) => n > 0).map(({ sum, yes, n }) => ({ score: sum / n, observed: yes / n, n }));
}

// --- what the reader sees ---
function current() {
  const [threshold, rate] = [Number(byId("threshold").value), Number(byId("rate").value) / 100];
  const counts = atRate(state.series.points, rate, byId("told").checked);
  return { threshold, rate, counts, ...forecastScores(counts), ...callScores(counts, threshold) };
}

const SCORES = {
  tss: "TSS, true skill statistic", hss: "HSS, Heidke skill score", recall: "recall, share of events called",
  alarm: "false-alarm rate", precision: "precision, share of calls that come true", f1: "F1",
  auc: "area under the ROC curve",
  brier: "Brier score", brier_skill: "Brier skill, against the base rate",
};

function update() {
  const now = current();
  byId("threshold-value").textContent = now.threshold.toFixed(2);
  byId("rate-value").textContent = percent(now.rate);
  byId("scores").replaceChildren(...Object.entries(SCORES).map(([key, name]) => {
    const made = document.createElement("tr"), head = made.appendChild(document.createElement("th"));
    [head.scope, head.textContent] = ["row", name];
    made.appendChild(document.createElement("td")).textContent = now[key].toFixed(3);
    return made;
  }));
  byId("said").textContent = `At a threshold of ${now.threshold.toFixed(2)} and a base rate of ` +
    `${percent(now.rate)}: TSS ${now.tss.toFixed(2)}, precision ${now.precision.toFixed(2)}.`;
  drawHistogram(now);
  drawSkill(now);
  drawRoc(now);
  drawReliability(now);
}

const tenths = () => ({ x: [0, 0.2, 0.4, 0.6, 0.8, 1], y: [0, 0.2, 0.4, 0.6, 0.8, 1] });

function threshold(plot, value) {
  plot.add("line", { class: "threshold", x1: plot.x(value), x2: plot.x(value), y1: plot.top, y2: plot.bottom });
}

function drawHistogram({ counts, threshold: value }) {
  const bins = Array.from({ length: 20 }, () => ({ yes: 0, no: 0 }));
  const [yes, no] = [total(counts, "yes"), total(counts, "no")];
  for (const count of counts) {
    const bin = bins[Math.min(19, Math.floor(count.p * 20))];
    bin.yes += count.yes / yes;
    bin.no += count.no / no;
  }
  const most = Math.max(...bins.flatMap((bin) => [bin.yes, bin.no]));
  const ticks = { ...tenths(), y: roundTicks(0, most, 4) };
  const plot = axes(byId("histogram"), [0, 1], [0, most * 1.05], [data.axis, "share of each class"], ticks);
  bins.forEach((bin, i) => ["no", "yes"].forEach((kind, j) => plot.add("rect", {
    class: kind, x: plot.x((i + 0.06 + 0.44 * j) / 20), width: plot.x(0.022) - plot.x(0), y: plot.y(bin[kind]),
    height: plot.bottom - plot.y(bin[kind]),
  })));
  threshold(plot, value);
}

function drawSkill({ counts, threshold: value, rate }) {
  const at = Array.from({ length: 101 }, (_, i) => i / 100), found = at.map((one) => callScores(counts, one));
  const lowest = Math.min(0, ...found.map(({ tss }) => tss)), labels = ["threshold", "TSS (solid), HSS (dashed)"];
  const plot = axes(byId("skill"), [0, 1], [lowest, 1], labels, tenths());
  plot.add("path", { class: "curve", d: path(at, found.map(({ tss }) => tss), plot) });
  plot.add("path", { class: "curve dashed", d: path(at, found.map(({ hss }) => hss), plot) });
  plot.add("line", { class: "line", x1: plot.x(rate), x2: plot.x(rate), y1: plot.top, y2: plot.bottom });
  threshold(plot, value);
}

function drawRoc({ counts, alarm, recall }) {
  const plot = axes(byId("roc"), [0, 1], [0, 1], ["false-alarm rate", "recall"], tenths());
  const [yes, no] = [total(counts, "yes"), total(counts, "no")], xs = [0], ys = [0];
  for (const { yes: y, no: n } of distinct(counts).reverse()) {
    xs.push(xs[xs.length - 1] + n / no);
    ys.push(ys[ys.length - 1] + y / yes);
  }
  plot.add("path", { class: "line", d: path([0, 1], [0, 1], plot) });
  plot.add("path", { class: "curve", d: path(xs, ys, plot) });
  plot.add("circle", { class: "now", cx: plot.x(alarm), cy: plot.y(recall), r: 6 });
}

function drawReliability({ counts, rate, threshold: value }) {
  const plot = axes(byId("reliability"), [0, 1], [0, 1], ["forecast", "observed share"], tenths());
  const bins = reliability(counts), most = Math.max(...bins.map(({ n }) => n));
  plot.add("path", { class: "line", d: path([0, 1], [0, 1], plot) });
  plot.add("line", { class: "line", x1: plot.x(0), x2: plot.x(1), y1: plot.y(rate), y2: plot.y(rate) });
  const [scores, shares] = ["score", "observed"].map((key) => bins.map((bin) => bin[key]));
  plot.add("path", { class: "curve", d: path(scores, shares, plot) });
  bins.forEach(({ score, observed, n }) => plot.add("circle", {
    class: "now", cx: plot.x(score), cy: plot.y(observed), r: 2.5 + 6 * Math.sqrt(n / most),
  }));
  threshold(plot, value);
}

function choose(series) {
  state.series = series;
  const rate = baseRate(series.points), slider = byId("rate");
  [slider.min, slider.max] = [Math.min(0.1, 100 * rate), Math.max(99.9, 100 * rate)]; // or it would show another rate
  byId("origin").textContent = series.origin;
  byId("origin").className = `badge ${series.origin.split(" ")[0].toLowerCase()}`;
  byId("series-about").textContent = `${series.about} Base rate: ${percent(rate)}.`;
  slider.value = 100 * rate;
  byId("threshold").value = series.threshold ?? rate;
  byId("told").checked = false;
  byId("result").hidden = false; // before it is drawn: a hidden drawing has no width
  update();
}

// --- a reader's own forecasts ---
const COLUMNS = { probability: ["probability", "forecast"], observed: ["observed", "label"] };
const LABELS = { 0: 0, 1: 1, "0.0": 0, "1.0": 1, false: 0, true: 1 };

// Counts of each forecast of a CSV with the columns probability and observed.
function readForecasts(text) {
  const lines = textLines(text).map(([line]) => cells(line));
  const names = (lines.shift() ?? []).map((name) => name.toLowerCase());
  const at = (ours) => names.findIndex((name) => COLUMNS[ours].includes(name));
  const missing = Object.keys(COLUMNS).filter((ours) => at(ours) < 0);
  if (missing.length) {
    throw new Refusal(`The table has no column ${missing.join(" and no column ")}: name them in the first line.`);
  }
  if (!lines.length) throw new Refusal("The table holds no forecast: give a row a day.");
  const other = lines.findIndex((row) => row.length !== names.length); // such as 0,2 for 0.2, which would be read as 0
  if (other >= 0) {
    throw new Refusal(`Row ${other + 1} has ${lines[other].length} cells, the first line ${names.length}: correct it.`);
  }
  const cell = (row, ours) => row[at(ours)] ?? "";
  const points = lines.map((row, i) => readForecast(cell(row, "probability"), cell(row, "observed"), `Row ${i + 1}`));
  const rate = baseRate(points);
  if (!(rate > 0 && rate < 1)) throw new Refusal(`The base rate is ${rate}: give days with and days without an event.`);
  return points;
}

// Forecast and numbers of events and others of one row.
function readForecast(written, observed, row) {
  const p = Number(written), label = LABELS[observed.toLowerCase()];
  if (written.endsWith("%") || p > 2) {
    throw new Refusal(`${row} has the probability ${quoted(written)}, in per cent: divide the probabilities by 100.`);
  }
  if (!isNumber(written) || p < 0 || p > 1) {
    throw new Refusal(`${row} has the probability ${quoted(written)}, not from 0 to 1: correct it.`);
  }
  if (label === undefined) throw new Refusal(`${row} has the observed ${quoted(observed)}, not 0 or 1: correct it.`);
  return [p, label, 1 - label];
}

async function takeFile(file) {
  const text = await file.text();
  attempt(() => {
    const points = readForecasts(text);
    choose({ origin: "YOURS", points, about: `${points.length} forecasts of ${file.name}.` });
  });
}

function listen() {
  for (const id of ["threshold", "rate", "told"]) byId(id).addEventListener("input", update);
  byId("series").addEventListener("change", () => attempt(() => choose(data.series[Number(byId("series").value)])));
  byId("reset").addEventListener("click", () => attempt(() => choose(state.series)));
  listenForFiles(takeFile);
  new ResizeObserver(() => state.series && !byId("result").hidden && update()).observe(byId("result"));
}

listen();
choose(data.series[0]);
document.documentElement.dataset.ready = "";
