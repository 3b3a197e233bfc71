"use strict";
// Drawings of a scored spectrum: the profile with its lines, the k line with its quartiles, the scores, the slit.

// Heights of a profile in DN/s on the grid within two wavelengths, and the drawing's axes.
function profileAxes(svg, shown, low, high, many) {
  const heights = Array.from(shown.profile, (value) => value / shown.exposureTime);
  const inside = data.grid.map((_, i) => i).filter((i) => data.grid[i] >= low && data.grid[i] <= high);
  const top = 1.15 * Math.max(...inside.map((i) => heights[i])), floor = Math.min(0, ...inside.map((i) => heights[i]));
  const ticks = { x: roundTicks(low, high, many), y: roundTicks(floor, top, 4) };
  return { heights, inside, plot: axes(svg, [low, high], [floor, top], ["wavelength in vacuum [Å]", "DN/s"], ticks) };
}

function drawCurves(plot, shown, heights, inside) {
  const xs = inside.map((i) => data.grid[i]);
  if (shown.nearest) {
    const near = inside.map((i) => shown.nearest.shape[i] * shown.top / shown.exposureTime);
    plot.add("path", { class: "nearest", d: path(xs, near, plot) });
  }
  plot.add("path", { class: "profile", d: path(xs, inside.map((i) => heights[i]), plot) });
}

function drawPeaks(plot, shown, heights, named) {
  ["k2v", "k3", "k2r"].forEach((name, i) => {
    const place = shown.peaks[i], [x, y] = [plot.x(data.grid[place]), plot.y(heights[place])];
    plot.add("circle", { class: "peak", cx: x, cy: y, r: 3 });
    if (!named || (i > 0 && place === shown.peaks[0])) return;
    const [dx, dy, anchor] = [[-6, -4, "end"], [0, 15, "middle"], [6, -4, "start"]][i];
    const text = shown.peaks[0] === shown.peaks[2] ? "peak" : name;
    plot.add("text", { x: x + dx, y: y + dy, "text-anchor": anchor }, text);
  });
}

// The whole profile: windows, continuum, line positions, nearest library shape.
function drawProfile(svg, shown) {
  const { grid, marks, lines } = data, narrow = svg.clientWidth < 500;
  const { heights, inside, plot } = profileAxes(svg, shown, grid[0], grid[grid.length - 1], narrow ? 4 : 8);
  const band = (from, to, kind) => plot.add("rect", {
    class: kind, x: plot.x(grid[from]), width: plot.x(grid[to]) - plot.x(grid[from]), y: plot.top,
    height: plot.bottom - plot.top,
  });
  band(marks.k_left, marks.k_right, "window");
  band(marks.h_left, marks.h_right, "window");
  for (const { name, wavelength, kind } of lines) {
    const x = plot.x(wavelength);
    plot.add("line", { class: `line ${kind}`, x1: x, x2: x, y1: plot.top, y2: plot.bottom });
    const text = narrow ? name : `${name} ${wavelength.toFixed(2)}`;
    const anchor = { triplet: "end", wing: "start" }[kind] ?? "middle";
    plot.add("text", { class: kind, x, y: 12, "text-anchor": anchor }, text);
  }
  drawCurves(plot, shown, heights, inside);
  drawPeaks(plot, shown, heights, false);
}

// The k line with the quartiles of the running sum and the peaks.
function drawLine(svg, shown) {
  const { k_left, k_right } = data.marks, [low, high] = [data.grid[k_left], data.grid[k_right]];
  const { heights, inside, plot } = profileAxes(svg, shown, low, high, 4);
  shown.quartiles.forEach((place, i) => {
    const x = plot.x(data.grid[place]);
    plot.add("line", { class: "quartile", x1: x, x2: x, y1: plot.top, y2: plot.bottom });
    plot.add("text", { class: "quartile", x, y: 12, "text-anchor": ["end", "middle", "start"][i] }, `q${i + 1}`);
  });
  drawCurves(plot, shown, heights, inside);
  drawPeaks(plot, shown, heights, true);
}

// How many of the networks give each score.
function drawScores(svg, members) {
  const bins = new Array(20).fill(0);
  for (const score of members) bins[Math.min(19, Math.floor(20 * score))]++;
  const most = Math.max(...bins);
  const ticks = { x: [0, 0.25, 0.5, 0.75, 1], y: roundTicks(0, most, 3).filter(Number.isInteger) };
  const plot = axes(svg, [0, 1], [0, most], ["score", "networks"], ticks);
  bins.forEach((count, i) => plot.add("rect", {
    class: "column", x: plot.x(i / 20) + 1, width: plot.x(0.05) - plot.x(0) - 2, y: plot.y(count),
    height: plot.bottom - plot.y(count),
  }));
}

// The slit map: one row for each exposure, one column for each slit pixel; grey where a quantity is missing.
function drawSlit(canvas, map, [nExposures, nSlit]) {
  const context = canvas.getContext("2d"), image = context.createImageData(nSlit, nExposures);
  const levels = bytesOf(map.levels), colours = bytesOf(map.colours);
  levels.forEach((level, i) => {
    const colour = level ? colours.subarray(3 * (level - 1), 3 * level) : [136, 136, 136];
    image.data.set([...colour, 255], 4 * i);
  });
  [canvas.width, canvas.height] = [nSlit, nExposures];
  context.putImageData(image, 0, 0);
}
