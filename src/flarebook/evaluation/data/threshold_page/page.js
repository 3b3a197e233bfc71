"use strict";
// The page: forecasts in ascending order with running counts of events and others, scored at a threshold and a rate.

const data = JSON.parse(byId("data").textContent);
const state = { series: null };

// Forecasts in ascending order, equal ones joined: n values, and the events and others below each, up to all of them;
// with what neither threshold nor base rate changes.  values, events, others: arrays of the same length.
function sorted(values, events, others) {
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b]);
  const value = new Float64Array(order.length), yes = new Float64Array(order.length + 1), no = yes.slice();
  let n = 0;
  for (const i of order) {
    if (n === 0 || values[i] !== value[n - 1]) {
      value[n++] = values[i];
      [yes[n], no[n]] = [yes[n - 1], no[n - 1]];
    }
    yes[n] += events[i];
    no[n] += others[i];
  }
  const found = { n, value, yes, no };
  return { ...found, auc: areaUnderRoc(found), roc: rocCurve(found) };
}

function areaUnderRoc({ n, yes, no }) {
  let won = 0;
  for (let i = 0; i < n; i++) won += (yes[i + 1] - yes[i]) * (no[i] + no[i + 1]) / 2;
  return won / (yes[n] * no[n]);
}

// Places of the ROC curve from the highest forecast on, as many as a screen can show.
function rocCurve({ n, yes, no }) {
  const xs = [0], ys = [0];
  for (let i = n - 1; i >= 0; i--) {
    const x = 1 - no[i] / no[n], y = 1 - yes[i] / yes[n];
    if (i && x - xs[xs.length - 1] + y - ys[ys.length - 1] < 1 / 2000) continue;
    xs.push(x);
    ys.push(y);
  }
  return { xs, ys };
}

// Forecasts brought to a base rate: weights of an event and of another, and what a forecast told of the rate says.
function atRate(forecasts, rate, told) {
  const share = baseRate(forecasts), up = rate / share, down = (1 - rate) / (1 - share);
  const known = (p) => p * up / (p * up + (1 - p) * down);
  return { ...forecasts, up, down, known: told ? known : (p) => p };
}

const baseRate = ({ n, yes, no }) => yes[n] / (yes[n] + no[n]);

// A rate in per cent, with the digits that a rare event needs.
const percent = (rate) => `${rate < 0.001 ? Number((100 * rate).toPrecision(2)) : (100 * rate).toFixed(1)} %`;
const ratio = (part, whole) => (whole > 0 ? part / whole : 0);

// Number of the values, which ascend, before the first for which something holds.
function before({ n, value, known }, holds) {
  let low = 0, high = n;
  while (low < high) {
    const middle = (low + high) >> 1;
    [low, high] = holds(known(value[middle])) ? [low, middle] : [middle + 1, high];
  }
  return low;
}

// Scores of calling an event from a threshold on, as flarebook.evaluation.classification.count_scores has them.
function callScores(counts, threshold) {
  const { n, yes, no, up, down } = counts, i = before(counts, (p) => p >= threshold);
  const [fn, tn, tp, fp] = [yes[i] * up, no[i] * down, (yes[n] - yes[i]) * up, (no[n] - no[i]) * down];
  const recall = ratio(tp, tp + fn), alarm = ratio(fp, fp + tn);
  const chance = (tp + fn) * (fn + tn) + (tp + fp) * (fp + tn);
  return {
    tss: recall - alarm, hss: ratio(2 * (tp * tn - fp * fn), chance), recall, alarm, precision: ratio(tp, tp + fp),
    f1: ratio(2 * tp, 2 * tp + fp + fn),
  };
}

// Scores that need no threshold: area under the ROC curve, Brier score and its skill against the base rate; bins: mean
// forecast and observed share in equal bins, an edge in the lower one, [{score, observed, n}].
function forecastScores({ n, value, yes, no, up, down, known, auc }, nBins = 10) {
  const bins = Array.from({ length: nBins }, (_, i) => ({ edge: (i + 1) * (1 / nBins), sum: 0, yes: 0, n: 0 }));
  let brier = 0, at = 0;
  for (let i = 0; i < n; i++) {
    const p = known(value[i]), events = (yes[i + 1] - yes[i]) * up, others = (no[i + 1] - no[i]) * down;
    while (at < nBins - 1 && p > bins[at].edge) at++;
    const bin = bins[at];
    bin.sum += p * (events + others);
    bin.yes += events;
    bin.n += events + others;
    brier += events * (1 - p) ** 2 + others * p ** 2;
  }
  const all = yes[n] * up + no[n] * down, rate = yes[n] * up / all;
  const filled = bins.filter((bin) => bin.n > 0);
  return {
    auc, brier: brier / all, brier_skill: 1 - brier / all / (rate * (1 - rate)),
    bins: filled.map((bin) => ({ score: bin.sum / bin.n, observed: bin.yes / bin.n, n: bin.n })),
  };
}

// Shares of the events and of the others in equal bins, an edge in the upper one: [{yes, no}].
function histogram(counts, nBins = 20) {
  const { n, yes, no } = counts;
  const edges = Array.from({ length: nBins }, (_, i) => before(counts, (p) => Math.floor(p * nBins) >= i)).concat(n);
  return Array.from({ length: nBins }, (_, i) => ({
    yes: (yes[edges[i + 1]] - yes[edges[i]]) / yes[n], no: (no[edges[i + 1]] - no[edges[i]]) / no[n],
  }));
}

// --- what the reader sees ---
function current() {
  const [threshold, rate] = [Number(byId("threshold").value), Number(byId("rate").value) / 100];
  const counts = atRate(state.series.forecasts, rate, byId("told").checked);
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
    made.appendChild(document.createElement("td")).textContent = minus(now[key].toFixed(3));
    return made;
  }));
  byId("said").textContent = `At a threshold of ${now.threshold.toFixed(2)} and a base rate of ` +
    `${percent(now.rate)}: TSS ${minus(now.tss.toFixed(2))}, precision ${now.precision.toFixed(2)}.`;
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
  const bins = histogram(counts);
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
  plot.add("path", { class: "line", d: path([0, 1], [0, 1], plot) });
  plot.add("path", { class: "curve", d: path(counts.roc.xs, counts.roc.ys, plot) });
  plot.add("circle", { class: "now", cx: plot.x(alarm), cy: plot.y(recall), r: 6 });
}

function drawReliability({ bins, rate, threshold: value }) {
  const plot = axes(byId("reliability"), [0, 1], [0, 1], ["forecast", "observed share"], tenths());
  const most = Math.max(...bins.map(({ n }) => n));
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
  const rate = baseRate(series.forecasts), slider = byId("rate");
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

// Forecasts of a CSV with the columns probability and observed, sorted.
function readForecasts(text) {
  const lines = textLines(text), names = lines.length ? cells(lines.shift()[0].toLowerCase()) : [];
  const at = (ours) => names.findIndex((name) => COLUMNS[ours].includes(name));
  const missing = Object.keys(COLUMNS).filter((ours) => at(ours) < 0);
  if (missing.length) {
    throw new Refusal(`The table has no column ${missing.join(" and no column ")}: name them in the first line.`);
  }
  if (!lines.length) throw new Refusal("The table holds no forecast: give a row a day.");
  const [first, second] = [at("probability"), at("observed")];
  const [values, events] = [new Float64Array(lines.length), new Uint8Array(lines.length)];
  lines.forEach(([line], i) => {
    const row = cells(line);
    if (row.length !== names.length) { // such as 0,2 for 0.2, which would be read as 0
      throw new Refusal(`Row ${i + 1} has ${row.length} cells, the first line ${names.length}: correct it.`);
    }
    [values[i], events[i]] = readForecast(row[first], row[second], `Row ${i + 1}`);
  });
  const found = sorted(values, events, events.map((event) => 1 - event)), rate = baseRate(found);
  if (!(rate > 0 && rate < 1)) throw new Refusal(`The base rate is ${rate}: give days with and days without an event.`);
  return found;
}

// Forecast of one row, and 1 for an event.
function readForecast(written, observed, row) {
  const p = Number(written), label = LABELS[observed.toLowerCase()];
  if (written.endsWith("%") || p > 2) {
    throw new Refusal(`${row} has the probability ${quoted(written)}, in per cent: divide the probabilities by 100.`);
  }
  if (!isNumber(written) || p < 0 || p > 1) {
    throw new Refusal(`${row} has the probability ${quoted(written)}, not from 0 to 1: correct it.`);
  }
  if (label === undefined) throw new Refusal(`${row} has the observed ${quoted(observed)}, not 0 or 1: correct it.`);
  return [p, label];
}

async function takeFile(file) {
  const text = await file.text();
  attempt(() => {
    const forecasts = readForecasts(text), { n, yes, no } = forecasts;
    choose({ origin: "YOURS", forecasts, about: `${yes[n] + no[n]} forecasts of ${file.name}.` });
  });
}

function listen() {
  for (const id of ["threshold", "rate", "told"]) byId(id).addEventListener("input", update);
  byId("series").addEventListener("change", () => attempt(() => choose(data.series[Number(byId("series").value)])));
  byId("reset").addEventListener("click", () => attempt(() => choose(state.series)));
  listenForFiles(takeFile);
  new ResizeObserver(() => state.series && !byId("result").hidden && update()).observe(byId("result"));
}

for (const one of data.series) one.forecasts = sorted(one.values, one.events, one.others);
listen();
choose(data.series[0]);
document.documentElement.dataset.ready = "";
