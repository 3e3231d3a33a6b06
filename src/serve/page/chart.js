// One line chart of all chosen runs, drawn at the size that it has on the screen, with a cursor that follows the pointer or the arrow keys.
//
// A series: {name, x, y, epochs, best, colour}: x and y of equal length with null in gaps, epochs the number of each point, best the
// index of the marked one or -1, colour the CSS classes of its line.

import { isNumber, make } from './format.js';
import { axisTicks, extent, nearest, roundTicks, tickText } from './scale.js';

const kTop = 12, kRight = 14, kBottom = 36, kPerLetter = 6.8;
let charts = 0;

export class Chart {
  /**
   * @param spec  {title, unit, column, text(value)}
   * @param onCursor  called with (chart, x, place) when the reader points somewhere, x null when no more; place: as in tip.js
   */
  constructor(host, spec, onCursor) {
    this.spec = spec;
    this.onCursor = onCursor;
    this.clip = `clip-${++charts}`;
    this.series = [];
    this.svg = make('svg', { class: 'chart live', role: 'img', 'aria-label': spec.title });
    const attributes = { class: 'figure', tabindex: '0', role: 'group', 'aria-label': `${spec.title}: arrow keys read the values` };
    this.figure = make('figure', attributes,
      make('figcaption', {}, make('strong', {}, spec.title), ' ', make('span', {}, spec.unit)), this.svg);
    host.append(this.figure);
    this.svg.addEventListener('pointermove', (event) => this.point(event));
    this.svg.addEventListener('pointerdown', (event) => this.point(event));
    this.svg.addEventListener('pointerleave', () => onCursor(this, null));
    this.figure.addEventListener('keydown', (event) => this.key(event));
    this.figure.addEventListener('blur', () => onCursor(this, null));
  }

  /** @param view  {isTime, isLate, from, to}: what x is, whether y fits what follows the first quarter alone, and the range of x */
  draw(series, view) {
    this.series = series;
    this.view = view;
    const width = Math.max(200, this.svg.clientWidth || this.figure.clientWidth), height = width < 420 ? 210 : 240;
    const range = this.rangeOfY(), ticks = range ? roundTicks(range[0], range[1], 5) : [0, 1];
    const texts = ticks.map((tick) => tickText(tick, ticks[1] - ticks[0]));
    const left = 12 + kPerLetter * Math.max(...texts.map((text) => text.length), 3);
    this.box = { left, right: width - kRight, top: kTop, bottom: height - kBottom };
    this.low = ticks[0];
    this.high = ticks[ticks.length - 1];
    this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.svg.setAttribute('height', height);
    this.cursor = make('g', { class: 'cursor' });
    const lines = make('g', { 'clip-path': `url(#${this.clip})` }, ...this.series.flatMap((one) => this.drawSeries(one)));
    this.svg.replaceChildren(make('desc', {}, this.describe()), this.clipArea(), ...this.drawAxes(ticks, texts), lines, this.cursor);
  }

  px(x) {
    const { left, right } = this.box, { from, to } = this.view;
    return to > from ? left + ((x - from) / (to - from)) * (right - left) : (left + right) / 2;
  }
  py(y) {
    return this.box.bottom - ((y - this.low) / (this.high - this.low)) * (this.box.bottom - this.box.top);
  }

  /** Of all points, or of those after the first quarter where there are any. */
  rangeOfY() {
    const start = this.view.from + (this.view.to - this.view.from) / 4;
    const late = this.series.map(({ x, y }) => y.filter((_, i) => x[i] >= start));
    return (this.view.isLate && extent(late)) || extent(this.series.map((one) => one.y));
  }

  describe() {
    return this.series.map(({ name, y }) => `${name}: ${this.spec.text(y.findLast(isNumber))}`).join('; ');
  }

  clipArea() {
    const { left, right, top, bottom } = this.box;
    const area = make('rect', { x: left - 6, y: top - 6, width: right - left + 12, height: bottom - top + 12 });
    return make('defs', {}, make('clipPath', { id: this.clip }, area));
  }

  drawAxes(ticks, texts) {
    const { left, right, bottom } = this.box, parts = [];
    ticks.forEach((tick, i) => {
      const y = this.py(tick).toFixed(1);
      parts.push(make('line', { x1: left, x2: right, y1: y, y2: y, class: i === 0 ? 'axis' : 'grid' }));
      parts.push(make('text', { x: left - 7, y: Number(y) + 4, class: 'tick', 'text-anchor': 'end' }, texts[i]));
    });
    let free = -Infinity;  // where the last word ended
    for (const [value, text] of axisTicks(this.view.from, this.view.to, Math.max(2, (right - left) / 70), this.view.isTime)) {
      const x = this.px(value), half = (text.length * kPerLetter) / 2;
      if (x - half < free) continue;
      free = x + half + 8;
      parts.push(make('line', { x1: x, x2: x, y1: bottom, y2: bottom + 4, class: 'axis' }));
      parts.push(make('text', { x, y: bottom + 17, class: 'tick', 'text-anchor': 'middle' }, text));
    }
    parts.push(make('text', { x: right, y: bottom + 32, class: 'tick', 'text-anchor': 'end' }, this.view.isTime ? 'wall time' : 'epoch'));
    return parts;
  }

  drawSeries({ x, y, best, colour }) {
    const parts = [make('path', { d: this.path(x, y), class: `line ${colour}` })];
    const last = y.findLastIndex(isNumber);
    const circle = (i, r, kind) => make('circle', { cx: this.px(x[i]), cy: this.py(y[i]), r, class: `${kind} ${colour}` });
    if (last >= 0) parts.push(circle(last, 3, 'end'));
    if (best >= 0 && isNumber(y[best])) parts.push(circle(best, 5, 'ring'));
    return parts;
  }

  /** The line, broken at gaps. Of the points that share a column of pixels only the first, lowest, highest and last are drawn. */
  path(x, y) {
    const parts = [];
    let pen = 'M', column = null, points = [];
    const flush = () => {
      const some = () => [...new Set([points[0], ...lowAndHigh(points), points[points.length - 1]])].sort((a, b) => a.i - b.i);
      const keep = points.length <= 4 ? points : some();
      for (const point of keep) {
        parts.push(`${pen}${point.x.toFixed(1)} ${point.y.toFixed(1)}`);
        pen = 'L';
      }
      points = [];
    };
    for (let i = 0; i < y.length; ++i) {
      if (!isNumber(y[i]) || !isNumber(x[i])) {
        flush();
        pen = 'M';
        column = null;
        continue;
      }
      const point = { i, x: this.px(x[i]), y: this.py(y[i]) };
      if (Math.floor(point.x) !== column) flush();
      column = Math.floor(point.x);
      points.push(point);
    }
    flush();
    return parts.join('');
  }

  // The cursor -------------------------------------------------------------------------------------------------------------------------

  point(event) {
    if (!this.box || this.series.length === 0) return;
    const frame = this.svg.getBoundingClientRect(), { left, right } = this.box, { from, to } = this.view;
    const share = Math.min(1, Math.max(0, (event.clientX - frame.left - left) / (right - left)));
    const x = from + share * (to - from);
    this.onCursor(this, this.view.isTime ? x : Math.round(x), { x: event.clientX, y: event.clientY });
  }

  key(event) {
    if (!this.box || this.series.length === 0) return;
    const { from, to, isTime } = this.view, step = (isTime ? (to - from) / 100 : 1) * (event.shiftKey ? 10 : 1);
    const at = this.cursorAt ?? to;
    const moves = { ArrowLeft: at - step, ArrowRight: at + step, Home: from, End: to };
    if (event.key === 'Escape') return this.onCursor(this, null);
    if (!(event.key in moves)) return;
    event.preventDefault();
    const x = Math.min(to, Math.max(from, moves[event.key]));
    this.onCursor(this, x, () => {
      const frame = this.svg.getBoundingClientRect();
      return { x: frame.left + this.px(x), y: frame.top + this.box.top };
    });
  }

  /** Values of the runs at x: [{name, colour, epoch, value, y}], the highest on the chart first; of each run the point nearest to x. */
  valuesAt(x) {
    const found = [];
    for (const { name, colour, x: xs, y, epochs } of this.series) {
      if (xs.length === 0 || x > xs[xs.length - 1] + this.reach() || x < xs[0] - this.reach()) continue;
      const i = nearest(xs, x);
      if (isNumber(y[i])) found.push({ name, colour, epoch: epochs[i], value: y[i], x: xs[i], y: this.py(y[i]) });
    }
    return found.sort((a, b) => a.y - b.y);
  }

  /** How far behind a run's ends it still has a value. */
  reach() {
    return this.view.isTime ? (this.view.to - this.view.from) / 50 : 0.5;
  }

  showCursor(x) {
    this.cursorAt = x;
    if (!this.cursor) return;
    if (x === null) return this.cursor.replaceChildren();
    const at = this.px(x), { top, bottom } = this.box;
    const dots = this.valuesAt(x).filter(({ y }) => y >= top - 6 && y <= bottom + 6);
    this.cursor.replaceChildren(make('line', { x1: at, x2: at, y1: top, y2: bottom, class: 'mark' }),
      ...dots.map((dot) => make('circle', { cx: this.px(dot.x), cy: dot.y, r: 4, class: `end ${dot.colour}` })));
  }
}

function lowAndHigh(points) {
  let low = points[0], high = points[0];
  for (const point of points) {
    if (point.y < low.y) low = point;
    if (point.y > high.y) high = point;
  }
  return [low, high];
}
