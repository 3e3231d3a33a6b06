// Values as text. One place for how a figure looks, on charts and in tables.

export const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);

export const grouped = (value) => Math.round(value).toLocaleString('en-US');
export const percent = (value) => (isNumber(value) ? `${value.toFixed(2)} %` : '–');
export const fixed = (value, digits) => (isNumber(value) ? value.toFixed(digits) : '–');

/** A learning rate: three digits, without an exponent where it can be read without one. */
export const rate = (value) => (isNumber(value) ? String(Number(value.toPrecision(3))) : '–');

/** "850 ms", "12.3 s", "4 min 05 s", "2 h 10 min", as base/text.h prints it. */
export function duration(seconds) {
  if (!isNumber(seconds)) return '–';
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds), two = (n) => String(n).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** How long ago something was: "just now", "40 s ago", "5 min ago", "3 days ago". */
export function ago(seconds) {
  if (seconds < 5) return 'just now';
  if (seconds < 90) return `${Math.round(seconds)} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} days ago`;
}

export const bytes = (count) => {
  if (!isNumber(count)) return '–';
  for (const [unit, size] of [['GB', 1e9], ['MB', 1e6], ['KB', 1e3]]) if (count >= size) return `${(count / size).toFixed(1)} ${unit}`;
  return `${count} B`;
};

/** An element: make('td', {class: 'number'}, 'text', child). Text is only ever set as text, never as markup. */
export function make(tag, attributes = {}, ...children) {
  const element = tag in svgTags ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
const svgTags = { svg: 1, path: 1, line: 1, text: 1, circle: 1, rect: 1, clipPath: 1, defs: 1, g: 1, desc: 1 };
