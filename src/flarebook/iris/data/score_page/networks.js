"use strict";
// The shipped networks, read from the bytes of their weights file, and the nearest shape of the profile library.

// Arrays of a safetensors file: {name: {shape, values}}.
function tensors(bytes) {
  const size = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + size)));
  delete header.__metadata__;
  return Object.fromEntries(Object.entries(header).map(([name, { shape, data_offsets: [start, stop] }]) => {
    return [name, { shape, values: new Float32Array(bytes.slice(8 + size + start, 8 + size + stop).buffer) }];
  }));
}

// Pre-flare score of each network for ten features, (n_members,).
function memberScores(weights, features) {
  const [nMembers, nFeatures] = weights.mean.shape;
  const layers = Object.keys(weights).filter((name) => name.endsWith("/kernel")).sort();
  return Float32Array.from({ length: nMembers }, (_, member) => {
    const at = (name, i) => weights[name].values[member * nFeatures + i];
    let values = Array.from(features, (value, i) => (value - at("mean", i)) / at("scale", i));
    for (const name of layers) {
      const { shape: [, nIn, nOut], values: kernel } = weights[name];
      const bias = weights[name.replace("kernel", "bias")].values, last = name === layers[layers.length - 1];
      values = Array.from({ length: nOut }, (_, out) => {
        let sum = bias[member * nOut + out];
        for (let i = 0; i < nIn; i++) sum += values[i] * kernel[(member * nIn + i) * nOut + out];
        return last ? sum : Math.max(sum, 0);
      });
    }
    return 1 / (1 + Math.exp(-values[0]));
  });
}

function meanAndSpread(values) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)];
}

// Convolution with a Gaussian cut at four standard deviations; the ends go on with their last value.
function smooth(values, sigma) {
  const radius = Math.floor(4 * sigma + 0.5), smoothed = new Float32Array(values.length);
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-0.5 * ((i - radius) / sigma) ** 2));
  const total = kernel.reduce((a, b) => a + b, 0), padded = new Float64Array(values.length + 2 * radius);
  padded.fill(values[0]).fill(values[values.length - 1], radius).set(values, radius);
  for (let place = 0; place < values.length; place++) {
    let sum = 0;
    for (let i = 0; i < kernel.length; i++) sum += kernel[i] * padded[place + i];
    smoothed[place] = sum / total;
  }
  return smoothed;
}

// Every library profile at each macroturbulence and Doppler shift, divided by its maximum:
// {shapes (n, n_grid), rows [{profile, macroturbulence, shift}]}.
function libraryShapes(library, grid) {
  const { wavelength, transmission, speeds, shifts, per_speed: pixels, light_speed: light, profiles } = library;
  const rows = [], shapes = new Float32Array(speeds.length * shifts.length * profiles.length * grid.length);
  const places = shifts.map((shift) => interpolation(wavelength, grid.map((point) => point / (1 + shift / light))));
  for (const speed of speeds) {
    profiles.forEach((profile, index) => {
      const broad = smooth(profile, speed * pixels).map((value, i) => value * transmission[i]);
      shifts.forEach((shift, i) => {
        const shape = Float32Array.from(interpolate(broad, places[i])), top = shape.reduce((a, b) => Math.max(a, b));
        shapes.set(shape.map((value) => value / top), rows.length * grid.length);
        rows.push({ profile: index, macroturbulence: speed, shift });
      });
    });
  }
  return { shapes, rows };
}

// Nearest library shape of a profile: {profile, macroturbulence, shift, distance, covered, shape}.
function nearestShape({ shapes, rows }, profile, top) {
  const shape = Float32Array.from(profile, (value) => value / top), n = shape.length;
  let best = 0, least = Infinity;
  for (let row = 0; row < rows.length; row++) {
    let sum = 0;
    for (let i = 0, at = row * n; i < n && sum < least; i++, at++) sum += (shape[i] - shapes[at]) ** 2;
    if (sum < least) [best, least] = [row, sum];
  }
  const distance = Math.sqrt(least / n);
  const covered = distance <= data.library.covered;
  return { ...rows[best], distance, covered, shape: shapes.subarray(best * n, (best + 1) * n) };
}
