// The values under the cursor, beside it.

import { duration, grouped, make } from './format.js';

const kMostRows = 12;
const tip = make('div', { class: 'tip', role: 'status' });
tip.hidden = true;
document.body.append(tip);
let follow = null;
addEventListener('scroll', () => (follow ? put(follow()) : hideTip()), { passive: true });

export function hideTip() {
  tip.hidden = true;
  follow = null;
}

function put({ x, y }) {
  const beside = x + 18 + tip.offsetWidth <= innerWidth ? x + 18 : x - 18 - tip.offsetWidth;
  tip.style.left = `${Math.max(8, Math.min(beside, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${Math.max(8, Math.min(y + 12, innerHeight - tip.offsetHeight - 8))}px`;
}

/** @param values  Chart.valuesAt; @param place  {x, y} on the screen, or a function that tells it, to go along when the page scrolls */
export function showTip(chart, x, values, place) {
  const isTime = chart.view.isTime;
  const rows = values.slice(0, kMostRows).map(({ name, colour, epoch, value }) =>
    make('li', {}, make('span', { class: `swatch ${colour}` }), make('span', { class: 'name' }, name),
      make('span', { class: 'value' }, chart.spec.text(value)), ...(isTime ? [make('span', { class: 'epoch' }, `epoch ${epoch}`)] : [])));
  const head = make('p', {}, make('strong', {}, chart.spec.title), ` ${isTime ? `after ${duration(x)}` : `epoch ${grouped(x)}`}`);
  const more = values.length > kMostRows ? [make('p', {}, `and ${values.length - kMostRows} more runs`)] : [];
  tip.replaceChildren(head, values.length > 0 ? make('ul', {}, ...rows) : make('p', {}, 'no run has a value here'), ...more);
  tip.hidden = false;
  follow = typeof place === 'function' ? place : null;
  put(follow ? follow() : place);
}
