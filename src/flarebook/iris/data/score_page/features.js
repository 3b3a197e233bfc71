"use strict";
// The ten features of one spectrum, operation by operation those of flarebook.iris.features.

// Left neighbour on an ascending axis and weight of the right one, for linear interpolation to `points`.
function interpolation(axis, points) {
  const lower = [], weight = [];
  let left = 0;
  for (const point of points) {
    while (left < axis.length - 2 && axis[left + 1] <= point) left++;
    lower.push(left);
    weight.push(Math.min(Math.max((point - axis[left]) / (axis[left + 1] - axis[left]), 0), 1));
  }
  return { lower, weight };
}

function interpolate(values, { lower, weight }) {
  const found = new Float64Array(lower.length);
  for (let i = 0; i < lower.length; i++) {
    const left = values[lower[i]];
    found[i] = left + (values[lower[i] + 1] - left) * weight[i];
  }
  return found;
}

function checkAxis(axis) {
  const { grid } = data;
  const ascends = axis.length > 1 && axis.every((value, i) => i === 0 || value > axis[i - 1]);
  if (!ascends || !axis.every(Number.isFinite)) {
    throw new Refusal("The wavelength axis must be one ascending row of at least two wavelengths.");
  }
  const [first, last] = [axis[0], axis[axis.length - 1]];
  if (first > grid[0] + 1e-6 || last < grid[grid.length - 1] - 1e-6) {
    throw new Refusal(`The spectrum covers ${first.toFixed(2)} to ${last.toFixed(2)} Å; the Mg II h&k features need ` +
      `${grid[0].toFixed(2)} to ${grid[grid.length - 1].toFixed(2)} Å.`);
  }
  const steps = axis.slice(1).map((value, i) => value - axis[i]).sort((a, b) => a - b);
  const sampling = (steps[(steps.length - 1) >> 1] + steps[steps.length >> 1]) / 2;
  if (sampling > data.limits.coarsest) {
    throw new Refusal(`The spectrum has a value every ${sampling.toFixed(3)} Å, too coarse for the k2 peaks ` +
      `(at most ${data.limits.coarsest} Å): give it at full resolution.`);
  }
}

// Positions within [left, right) where the running sum is nearest to 25, 50 and 75 % of its maximum, or null.
function quartiles(profile, left, right) {
  let running = 0, top = 0;
  for (let i = left; i < right - 1; i++) top = Math.max(top, (running += profile[i]));
  if (!(top > 0)) return null;
  const found = [0, 0, 0], near = [2, 2, 2];
  running = 0;
  for (let i = 0; i < right - left; i++) {
    [0.25, 0.5, 0.75].forEach((share, j) => {
      const far = Math.abs(running / top - share);
      if (far < near[j] - data.limits.tie) [found[j], near[j]] = [i, far];
    });
    running += profile[left + i];
  }
  return found;
}

// First two extrema met when walking from first towards last, both included, or null.
function turningPoints(profile, first, last) {
  const step = last > first ? 1 : -1;
  let valley = -1, previous = first, sign = 0;
  for (let i = first; i !== last + step; i += step) {
    const slope = Math.sign(profile[i === last ? i : i + step] - profile[i === first ? i : i - step]);
    if (slope === 0) continue;
    if (sign !== 0 && slope !== sign) {
      const turn = Math.min(i, previous) + (Math.abs(i - previous) > 1 ? 1 : 0);
      if (valley >= 0) return [valley, turn];
      valley = turn;
    }
    [previous, sign] = [i, slope];
  }
  return null;
}

// Grid positions of k2v, k3 and k2r; equal for a single peak.
function findPeaks(profile, top) {
  const { blue, core, red } = data.marks;
  let highest = blue;
  for (let i = blue; i < red; i++) if (profile[i] > profile[highest]) highest = i;
  let walk = null;
  if (highest < core) walk = turningPoints(profile, highest, red - 1);
  else if (highest > core) walk = turningPoints(profile, highest, blue);
  if (!walk || profile[walk[0]] < data.limits.single_peak * top) return [highest, highest, highest];
  return [Math.min(highest, walk[1]), walk[0], Math.max(highest, walk[1])];
}

// The features of a spectrum in DN, or null where they cannot be measured: {features, profile, top, peaks, quartiles}.
function measure(spectrum, axis, exposureTime) {
  const { k_left, k_right, h_left, h_right, triplet, wing } = data.marks;
  const places = interpolation(axis, data.grid);
  const needed = spectrum.subarray(places.lower[0], places.lower[places.lower.length - 1] + 2);
  if (!needed.every((value) => value > data.limits.missing) || !(exposureTime > 0)) return null;
  const profile = interpolate(spectrum, places), top = profile.reduce((a, b) => Math.max(a, b));
  if (!(top > 0)) return null;
  const sum = (from, to) => profile.subarray(from, to).reduce((a, b) => a + b, 0);
  const q = quartiles(profile, k_left, k_right), peaks = findPeaks(profile, top), h = sum(h_left, h_right);
  const [k2v, k3, k2r] = peaks;
  if (!q || q[2] <= q[0] || !(h > 0 && profile[triplet] > 0 && profile[wing] > 0 && profile[k2r] > 0)) return null;
  const features = Float32Array.of(
    top / exposureTime, k_left + q[1], q[2] - q[0], (q[2] - q[1] - (q[1] - q[0])) / (q[2] - q[0]),
    sum(k_right, h_left) / top, Math.log(profile[triplet] / profile[wing]), sum(k_left, k_right) / h,
    profile[k3] / top, profile[k2v] / profile[k2r], k2r - k2v);
  if (!features.every(Number.isFinite)) return null;
  return { features, profile, top, peaks, quartiles: q.map((place) => k_left + place) };
}
