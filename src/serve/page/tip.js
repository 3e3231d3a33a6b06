// The values under the cursor, beside it.

import { duration, grouped, make } from './format.js';

const kMostRows = 12;
const tip = make('div', { class: 'tip', role: 'status' });
tip.hidden = true;
document.body.append(tip);
addEventListener('scroll', hideTip, { passive: true });

export function hideTip() {
  tip.hidden = true;
}

/** @param values  Chart.valuesAt; @param place  {x, y} on the screen */
export function showTip(chart, x, values, place) {
  const isTime = chart.view.isTime;
  const rows = values.slice(0, kMostRows).map(({ name, colour, epoch, value }) =>
    make('li', {}, make('span', { class: `swatch ${colour}` }), make('span', { class: 'name' }, name),
      make('span', { class: 'value' }, chart.spec.text(value)), ...(isTime ? [make('span', { class: 'epoch' }, `epoch ${epoch}`)] : [])));
  const head = make('p', {}, make('strong', {}, chart.spec.title), ` ${isTime ? `after ${duration(x)}` : `epoch ${grouped(x)}`}`);
  const more = values.length > kMostRows ? [make('p', {}, `and ${values.length - kMostRows} more runs`)] : [];
  tip.replaceChildren(head, values.length > 0 ? make('ul', {}, ...rows) : make('p', {}, 'no run has a value here'), ...more);
  tip.hidden = false;
  const beside = place.x + 18 + tip.offsetWidth <= innerWidth ? place.x + 18 : place.x - 18 - tip.offsetWidth;
  tip.style.left = `${Math.max(8, Math.min(beside, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${Math.max(8, Math.min(place.y + 12, innerHeight - tip.offsetHeight - 8))}px`;
}
