"use strict";
// The explorer: Bokeh draws the map; this script shows pictures and records, colours, searches, selects and saves.
const data = JSON.parse(document.getElementById("data").textContent);
const state = { hovered: null, pinned: null, selected: [] };
window.explorer = { state, select, onScreen };

// Where the dot of an image is on the screen, [x, y].
function onScreen(row) {
  const map = Bokeh.documents[0].get_model_by_name("map");
  const { x, y } = Bokeh.documents[0].get_model_by_name("images").data;
  const frame = document.querySelector(".plot").getBoundingClientRect();
  const share = (value, range) => (value - range.start) / (range.end - range.start);
  return [frame.x + frame.width * share(x[row], map.x_range), frame.y + frame.height * (1 - share(y[row], map.y_range))];
}

// --- pictures: grey sheets, coloured by energy band when they are shown ---
const sheets = data.sheets.map(() => null);
const pictures = new Map();

function sheet(number) {
  sheets[number] ??= (async () => {
    const image = new Image();
    image.src = data.sheets[number];
    await image.decode();
    return image;
  })();
  return sheets[number];
}

async function picture(row) {
  if (pictures.has(row)) return pictures.get(row);
  const { size, columns, per_sheet: many } = data.tiles;
  const image = await sheet(Math.floor(row / many));
  const place = row % many;
  const canvas = new OffscreenCanvas(size, size);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, (place % columns) * size, Math.floor(place / columns) * size, size, size, 0, 0, size, size);
  const pixels = context.getImageData(0, 0, size, size);
  const table = data.colour_maps[record(row).band];
  for (let i = 0; table && i < pixels.data.length; i += 4) {
    const level = 3 * pixels.data[i];
    for (let c = 0; c < 3; c++) pixels.data[i + c] = table[level + c];
  }
  context.putImageData(pixels, 0, 0);
  if (pictures.size > 600) pictures.delete(pictures.keys().next().value);
  pictures.set(row, canvas);
  return canvas;
}

async function draw(canvas, row) {
  canvas.dataset.row = row;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", words(row));
  const drawn = await picture(row);
  if (canvas.dataset.row !== String(row)) return; // the pointer has moved on
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(drawn, 0, 0, canvas.width, canvas.height);
  canvas.dataset.drawn = row;
}

// --- records ---
function record(row) {
  return Object.fromEntries(Object.entries(data.columns).map(([name, values]) => [name, values[row]]));
}

function words(row) {
  const r = record(row);
  const cluster = r.cluster == null ? "" : `, cluster ${r.cluster}`;
  return `X-ray image ${r.image_id} (${r.origin}), ${r.band} keV${cluster}`;
}

function shown(value, unit) {
  if (value === null || value === undefined || value === "") return "unknown";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return unit ? `${value} ${unit}` : String(value);
}

function element(name, text, properties = {}) {
  return Object.assign(document.createElement(name), { textContent: text, ...properties });
}

function showRecord(row) {
  const table = document.createElement("table");
  for (const part of data.parts) {
    const head = table.insertRow();
    head.className = "part";
    head.append(element("th", part.title, { colSpan: 2, scope: "colgroup" }));
    for (const field of part.fields) {
      const line = table.insertRow();
      line.append(element("th", field.label, { scope: "row" }));
      line.append(element("td", shown(data.columns[field.column][row], field.unit)));
    }
  }
  byId("record").replaceChildren(table);
}

function pin(row) {
  state.pinned = row;
  const star = record(row).origin === "real" ? "★ " : "";
  byId("pinned-name").textContent = `${star}${record(row).image_id}`;
  draw(byId("pinned"), row);
  byId("pinned-scale").textContent = data.field;
  showRecord(row);
  byId("similar").replaceChildren(...data.similar[row].map((other) => thumbnail(other, 76)));
  model("ring").data = { x: [model("images").data.x[row]], y: [model("images").data.y[row]] };
}

function thumbnail(row, size) {
  const button = element("button", "", { type: "button", title: words(row) });
  button.setAttribute("aria-label", `Show ${words(row)}`);
  const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
  button.append(canvas);
  draw(canvas, row).then(() => canvas.setAttribute("role", "presentation"));
  button.addEventListener("click", () => pin(row));
  return button;
}

// --- the map ---
const model = (name) => Bokeh.documents[0].get_model_by_name(name);

function closest(rows, at) {
  const { x, y } = model("images").data;
  return rows.reduce((best, row) => {
    const far = (k) => (x[k] - at.x) ** 2 + (y[k] - at.y) ** 2;
    return best === null || far(row) < far(best) ? row : best;
  }, null);
}

function hover(event) {
  const row = closest([...event.index.indices], event.geometry);
  if (row === state.hovered) return;
  state.hovered = row;
  const tip = byId("tip");
  tip.hidden = row === null;
  if (row === null) return;
  const r = record(row);
  draw(tip.querySelector("canvas"), row);
  const lines = data.short.filter((f) => r[f.column] != null).map((f) => element("div", `${f.label}: ${shown(r[f.column], f.unit)}`));
  tip.querySelector("div").replaceChildren(element("strong", `${r.origin === "real" ? "★ real " : ""}${r.image_id}`), ...lines);
}

function placeTip(event) {
  const tip = byId("tip");
  const left = event.clientX + 18 + 300 > innerWidth ? event.clientX - 18 - tip.offsetWidth : event.clientX + 18;
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${Math.max(4, Math.min(event.clientY + 14, innerHeight - 136))}px`;
}

function tap(event) {
  const row = closest([...event.source.inspected.indices], event.geometries);
  if (row !== null) pin(row);
}

// The image nearest to another one in a direction, at most 45 degrees from it; null where there is none.
function beside(row, right, up) {
  const { x, y } = model("images").data;
  let [found, least] = [null, Infinity];
  for (let other = 0; other < x.length; other++) {
    const [dx, dy] = [x[other] - x[row], y[other] - y[row]];
    const along = Math.sign(right) * dx + Math.sign(up) * dy, far = Math.hypot(dx, dy);
    if (along > 0 && along >= far / Math.SQRT2 && far < least) [found, least] = [other, far];
  }
  return found;
}

function moveTo(right, up) {
  const row = beside(state.pinned, right, up);
  byId("told").textContent = row === null ? "no image further on" : words(row);
  if (row === null) return;
  pin(row);
  const at = { x: model("images").data.x[row], y: model("images").data.y[row] };
  const range = (axis) => model("map")[`${axis}_range`];
  if (["x", "y"].some((axis) => at[axis] < range(axis).start || at[axis] > range(axis).end)) zoom(1, at);
}

function zoom(factor, centre) {
  for (const axis of ["x", "y"]) {
    const range = model("map")[`${axis}_range`];
    const middle = centre ? centre[axis] : (range.start + range.end) / 2;
    const half = ((range.end - range.start) / 2) * factor;
    range.setv({ start: middle - half, end: middle + half });
  }
}

// The map's ground is the page's, whose scheme the rims of the dots and the names of the clusters follow.
function followScheme() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => ({ value: style.getPropertyValue(name) });
  model("dots").glyph.setv({ line_color: colour("--rim") });
  model("cluster-names")?.glyph.setv({ text_color: colour("--ink"), text_outline_color: colour("--plot") });
}

function chooseTool(name) {
  for (const button of document.querySelectorAll("[data-tool]")) {
    const chosen = button.dataset.tool === name;
    button.setAttribute("aria-pressed", chosen);
    model(`tool-${button.dataset.tool}`).active = chosen;
  }
}

// --- colours ---
function recolour(key) {
  const colouring = data.colourings.find((one) => one.key === key);
  const source = model("images");
  const colours = colouring.codes.map((code) => (code < 0 ? data.unknown : colouring.colours[code]));
  source.data = { ...source.data, colour: colours };
  model("cluster-names")?.setv({ visible: key === "cluster" });
  byId("legend").replaceChildren(...(colouring.scale ? scaleLegend(colouring) : groupLegend(colouring)));
}

function scaleLegend(colouring) {
  const bar = element("div", "", { className: "scale" });
  bar.style.background = `linear-gradient(90deg, ${colouring.colours.filter((_, i) => i % 17 === 0).join(",")})`;
  const [low, high] = colouring.scale;
  return [element("span", `${colouring.label}: ${low}`), bar, element("span", high), star()];
}

function groupLegend(colouring) {
  const buttons = colouring.names.map((name, code) => legendButton(name, colouring.colours[code], rows(code)));
  function rows(code) {
    return colouring.codes.flatMap((own, row) => (own === code ? [row] : []));
  }
  const unknown = rows(-1);
  if (unknown.length) buttons.push(legendButton("unknown", data.unknown, unknown));
  return [...buttons, star()];
}

function legendButton(name, colour, rows) {
  const button = element("button", "", { type: "button", title: `Select these ${rows.length} images` });
  const dot = document.createElement("i");
  dot.style.background = colour;
  button.append(dot, `${name} (${rows.length})`);
  button.addEventListener("click", () => select(rows));
  return button;
}

function star() {
  return element("span", data.real ? "★ real image" : "");
}

// --- selection ---
function select(rows) {
  model("images").selected.indices = rows;
}

function selectionChanged() {
  const rows = [...model("images").selected.indices].sort((a, b) => a - b);
  state.selected = rows;
  byId("chosen").textContent = rows.length ? `${rows.length} images selected` : "No images selected";
  for (const id of ["save-csv", "save-ids", "copy-ids", "clear"]) byId(id).disabled = !rows.length;
  const most = 60;
  byId("selected").replaceChildren(...rows.slice(0, most).map((row) => thumbnail(row, 52)));
  if (rows.length > most) byId("selected").append(element("span", `… and ${rows.length - most} more`));
  byId("told").textContent = "";
}

const identifiers = () => state.selected.map((row) => data.columns.image_id[row]);

function csv() {
  const names = Object.keys(data.columns);
  const cell = (value) => (/[",\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : value ?? "");
  const lines = state.selected.map((row) => names.map((name) => cell(data.columns[name][row])).join(","));
  return [names.join(","), ...lines, ""].join("\n");
}

function save(name, text, type) {
  const link = element("a", "", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  byId("told").textContent = `${name} saved`;
}

async function copy() {
  const text = identifiers().join("\n");
  try {
    await navigator.clipboard.writeText(text);
    byId("told").textContent = "copied";
  } catch {
    byId("told").textContent = "the browser forbids copying here: save the identifiers instead";
  }
}

function find(event) {
  event.preventDefault();
  const wanted = byId("find-id").value.trim();
  const rows = data.columns.image_id.flatMap((id, row) => (wanted && id.startsWith(wanted) ? [row] : []));
  byId("told").textContent = rows.length ? "" : `no image has the identifier ${wanted}`;
  if (!rows.length) return;
  const [first] = rows;
  const { x, y } = model("images").data;
  pin(first);
  if (rows.length > 1) select(rows);
  const whole = data.limits;
  const range = model("map").x_range;
  zoom(Math.min(1, (whole.x[1] - whole.x[0]) / 4 / (range.end - range.start)), { x: x[first], y: y[first] });
}

// --- start ---
function wholeMap() {
  for (const axis of ["x", "y"]) {
    const [start, end] = data.limits[axis];
    model("map")[`${axis}_range`].setv({ start, end });
  }
}

function start() {
  const menu = byId("colour-by");
  menu.append(...data.colourings.map((one) => element("option", one.label, { value: one.key })));
  menu.addEventListener("change", () => recolour(menu.value));
  byId("ids").append(...data.columns.image_id.slice(-50).reverse().map((id) => element("option", "", { value: id })));
  byId("find").addEventListener("submit", find);
  for (const button of document.querySelectorAll("[data-tool]")) {
    button.addEventListener("click", () => chooseTool(button.dataset.tool));
  }
  byId("zoom-in").addEventListener("click", () => zoom(0.6));
  byId("zoom-out").addEventListener("click", () => zoom(1 / 0.6));
  byId("whole").addEventListener("click", wholeMap);
  byId("save-csv").addEventListener("click", () => save("flarebook-images.csv", csv(), "text/csv"));
  byId("save-ids").addEventListener("click", () => save("flarebook-ids.txt", identifiers().join("\n") + "\n", "text/plain"));
  byId("copy-ids").addEventListener("click", copy);
  byId("clear").addEventListener("click", () => select([]));
  const map = document.querySelector(".plot");
  Bokeh.index.get(model("map")).canvas_view.events_el.tabIndex = -1; // within the map's own stop
  listenForArrows(map, moveTo);
  model("tool-hover").callback = (_, event) => hover(event);
  model("tool-tap").callback = (_, event) => tap(event);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", followScheme);
  followScheme();
  map.addEventListener("pointermove", placeTip);
  map.addEventListener("pointerleave", () => { byId("tip").hidden = true; state.hovered = null; });
  // inside another page the wheel scrolls that page until the map is clicked
  model("tool-wheel").active = window.self === window.top;
  map.addEventListener("pointerdown", () => { model("tool-wheel").active = true; });
  model("images").selected.properties.indices.change.connect(selectionChanged);
  recolour(menu.value);
  pin(data.first);
  sheet(0);
  document.documentElement.dataset.ready = "";
  performance.mark("explorer-ready");
}

function whenDrawn() {
  if (window.Bokeh?.documents[0]?.is_idle) start();
  else requestAnimationFrame(whenDrawn);
}
document.addEventListener("DOMContentLoaded", whenDrawn);
