// Axes: round ticks, as report/svg.cpp's round_ticks chooses them, and those of time.

import { duration, grouped, isNumber } from './format.js';

/** Round values (1, 2 or 5 times a power of ten) that cover [low, high] in about `count` steps. */
export function roundTicks(low, high, count) {
  if (!(high > low)) [low, high] = low === 0 ? [0, 1] : [low - Math.abs(low) * 0.05, low + Math.abs(low) * 0.05];
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough)), factor = rough / power;
  const step = power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
  const ticks = [];
  for (let i = Math.floor(low / step + 1e-9); i <= Math.ceil(high / step - 1e-9); ++i) ticks.push(i * step);
  return ticks;
}

export function tickText(value, step) {
  if (step >= 1) return grouped(value);
  const power = (number) => Math.floor(Math.log10(Math.abs(number)) + 1e-9);
  if (step < 1e-4) return Math.abs(value) < step / 2 ? '0' : value.toExponential(Math.max(0, power(value) - power(step)));
  return value.toFixed(Math.ceil(-Math.log10(step) - 1e-9));
}

const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800];

/** Ticks inside [low, high] for epochs (whole numbers) or seconds, with their words. */
export function axisTicks(low, high, count, isTime) {
  let step;
  if (isTime) {
    const rough = (high - low) / count;
    step = timeSteps.find((candidate) => candidate >= rough) || Math.ceil(rough / 604800) * 604800;
    if (rough < 0.5) step = 10 ** Math.ceil(Math.log10(Math.max(rough, 1e-3)));
  } else {
    const [first, second] = roundTicks(low, Math.max(high, low + 1), count);
    step = Math.max(1, second - first);
  }
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high * (1 + 1e-9); ++i) ticks.push(i * step);
  return ticks.map((value) => [value, isTime ? timeText(value, step) : grouped(value)]);
}

function timeText(seconds, step) {
  if (seconds === 0) return '0';
  if (step < 1) return duration(seconds);
  const two = (n) => String(n).padStart(2, '0');
  if (step >= 86400) return `${Math.round(seconds / 86400)} d`;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}${step < 60 ? `:${two(seconds % 60)}` : ''} min`;
  return `${Math.floor(seconds / 3600)}${step < 3600 ? `:${two(Math.floor((seconds % 3600) / 60))}` : ''} h`;
}

/** Smallest and largest finite value of each list's parts; null without any. */
export function extent(lists) {
  let low = Infinity, high = -Infinity;
  for (const list of lists)
    for (const value of list) {
      if (!isNumber(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  return low <= high ? [low, high] : null;
}

/** Index of the entry of an ascending list that is nearest to x. */
export function nearest(sorted, x) {
  let low = 0, high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < x) low = middle + 1;
    else high = middle;
  }
  return low > 0 && x - sorted[low - 1] < sorted[low] - x ? low - 1 : low;
}
