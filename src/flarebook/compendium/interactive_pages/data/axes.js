"use strict";
// Axes of a drawing in SVG that is as wide as its place.

const SVG = "http://www.w3.org/2000/svg";

function element(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

// Axes of a drawing that is as wide as its place: {x, y} to pixels, and add(name, attributes, text).
function axes(svg, xRange, yRange, labels, ticks) {
  const width = svg.clientWidth || 600, height = svg.clientHeight || 280;
  const [left, right, top, bottom] = [46, width - 8, 24, height - 36];
  const x = (value) => left + (right - left) * (value - xRange[0]) / (xRange[1] - xRange[0]);
  const y = (value) => bottom - (bottom - top) * (value - yRange[0]) / (yRange[1] - yRange[0]);
  const add = (...parts) => svg.appendChild(element(...parts));
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  for (const value of ticks.x) {
    add("line", { class: "tick", x1: x(value), x2: x(value), y1: bottom, y2: bottom + 4 });
    add("text", { x: x(value), y: bottom + 16, "text-anchor": "middle" }, minus(value));
  }
  for (const value of ticks.y) {
    add("line", { class: "grid", x1: left, x2: right, y1: y(value), y2: y(value) });
    add("text", { x: left - 5, y: y(value) + 4, "text-anchor": "end" }, minus(value));
  }
  add("text", { x: (left + right) / 2, y: height - 4, "text-anchor": "middle" }, labels[0]);
  add("text", { x: 2, y: 12 }, labels[1]);
  return { x, y, add, top, bottom };
}

// Round numbers within a range, about `many`.
function roundTicks(low, high, many) {
  const raw = (high - low) / many, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= raw);
  const count = Math.floor(high / step + 1e-9) - Math.ceil(low / step - 1e-9) + 1;
  return Array.from({ length: count }, (_, i) => Number(((Math.ceil(low / step - 1e-9) + i) * step).toPrecision(10)));
}

function path(xs, ys, { x, y }) {
  return "M" + xs.map((value, i) => `${x(value).toFixed(1)},${y(ys[i]).toFixed(1)}`).join(" ");
}
