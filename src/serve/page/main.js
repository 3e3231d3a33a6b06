// The page of `bitloom serve`: asks what is new once a second, and draws it.

import { Api } from './api.js';
import { Chart } from './chart.js';
import { fixed, grouped, isNumber, make, percent, rate } from './format.js';
import { inOrder, RunList } from './run_list.js';
import { extent } from './scale.js';
import { figuresTable, namedRun, recipesTable } from './tables.js';
import { hideTip, showTip } from './tip.js';

const kPause = 1000, kPauseHidden = 10000, kPauseReading = 50, kColours = 8, kMostByDefault = 5, kMostRunning = 8;
const byId = (id) => document.getElementById(id);
const api = new Api();
const choice = { ids: new Set(), byReader: false };  // ids may name runs that are not there yet
const slots = new Map();                             // id of a shown run -> its colour
let axis = 'epoch', isLate = false, filter = '', updates = 0, isAlive = true;

// What is chosen ----------------------------------------------------------------------------------------------------------------------

const shownRuns = () => inOrder(api.list.runs).filter((run) => choice.ids.has(run.id)).sort((a, b) => slots.get(a.id) - slots.get(b.id));
const listedRuns = () => inOrder(api.list.runs).filter((run) => run.name.toLowerCase().includes(filter));
const colourOf = (slot) => `c${slot % kColours} d${Math.floor(slot / kColours) % 3}`;
const colours = () => new Map([...slots].map(([id, slot]) => [id, colourOf(slot)]));

/** Until the reader chooses: what is running, and the youngest others. */
function chooseByDefault() {
  if (choice.byReader) return;
  const runs = inOrder(api.list.runs), there = new Set(runs.map((run) => run.id));
  for (const id of choice.ids) if (!there.has(id)) choice.ids.delete(id);
  const running = runs.filter((run) => run.state === 'running').slice(0, kMostRunning);
  for (const run of [...running, ...runs.filter((one) => one.rows > 0)])
    if (choice.ids.size < (run.state === 'running' ? kMostRunning : kMostByDefault)) choice.ids.add(run.id);
}

/** A run keeps its colour while it is shown; a new one gets the first that is free. */
function assignColours() {
  const shown = inOrder(api.list.runs).filter((run) => choice.ids.has(run.id));
  const ids = new Set(shown.map((run) => run.id));
  for (const id of slots.keys()) if (!ids.has(id)) slots.delete(id);
  for (const { id } of shown) {
    if (slots.has(id)) continue;
    const taken = new Set(slots.values());
    let slot = 0;
    while (taken.has(slot)) ++slot;
    slots.set(id, slot);
  }
}

/** The choice stands in the address, so that it can be kept and sent. IDs are percent-encoded as they come. */
function writeAddress() {
  const parts = choice.byReader ? [`runs=${[...choice.ids].join(',')}`] : [];
  if (axis !== 'epoch') parts.push(`along=${axis}`);
  if (isLate) parts.push('late=1');
  history.replaceState(null, '', parts.length > 0 ? `#${parts.join('&')}` : location.pathname);
}

function readAddress() {
  const parts = new Map(location.hash.slice(1).split('&').map((part) => part.split('=')));
  if (parts.has('runs')) {
    choice.ids = new Set((parts.get('runs') || '').split(',').filter(Boolean));
    choice.byReader = true;
  }
  axis = parts.get('along') === 'time' ? 'time' : 'epoch';
  isLate = parts.get('late') === '1';
  document.querySelector(`input[name=axis][value=${axis}]`).checked = true;
  byId('late').checked = isLate;
}

function choose(change) {
  choice.byReader = true;
  change(choice.ids);
  writeAddress();
  update();
  ask();  // for the curves of what is new
}

// What is shown -----------------------------------------------------------------------------------------------------------------------

const runList = new RunList(byId('runs'), (id, isChosen) => choose((ids) => (isChosen ? ids.add(id) : ids.delete(id))));

const kCharts = [
  { title: 'Validation accuracy', unit: '%', column: 'validation_top1', text: percent },
  { title: 'Training accuracy', unit: '%', column: 'train_top1', text: percent },
  { title: 'Validation loss', unit: 'nats', column: 'validation_loss', text: (value) => fixed(value, 4) },
  { title: 'Training loss', unit: 'nats', column: 'train_loss', text: (value) => fixed(value, 4) },
  { title: 'Learning rate', unit: 'at the start of the epoch', column: 'learning_rate', text: rate },
  { title: 'Speed', unit: 'training images/s', column: 'images_per_s', text: (value) => (isNumber(value) ? grouped(value) : '–') },
];
const charts = kCharts.map((spec) => new Chart(byId('charts'), spec, moveCursor));

function moveCursor(chart, x, place) {
  for (const one of charts) one.showCursor(x);
  if (x === null) return hideTip();
  showTip(chart, x, chart.valuesAt(x), place);
}

/** Seconds from the start of a run to the end of each epoch, by the clock on the wall; where the lines have no times, those of training. */
function wallTimes({ finished_at: ends, seconds }) {
  const spent = (i) => (isNumber(seconds[i]) ? seconds[i] : 0);
  if (isNumber(ends[0])) return ends.map((end) => (isNumber(end) ? end - ends[0] + spent(0) : null));
  let sum = 0;
  return ends.map((_, i) => (sum += spent(i)));
}

function drawCharts(runs) {
  const held = runs.filter((run) => api.metrics.has(run.id)).map((run) => ({ run, columns: api.metrics.get(run.id).columns }));
  const isTime = axis === 'time';
  const xs = held.map(({ columns }) => (isTime ? wallTimes(columns) : columns.epoch));
  const [low, high] = extent(xs) || [0, 1];
  const view = { isTime, isLate, from: isTime ? 0 : low, to: high };
  for (const chart of charts) {
    const series = held.map(({ run, columns }, i) => ({
      name: run.name, colour: colourOf(slots.get(run.id)), x: xs[i], y: columns[chart.spec.column], epochs: columns.epoch,
      best: chart.spec.column === 'validation_top1' && run.best ? columns.epoch.indexOf(run.best.epoch) : -1,
    }));
    chart.draw(series, view);
    if (chart.cursorAt !== undefined) chart.showCursor(chart.cursorAt);
  }
}

function drawLegend(runs) {
  byId('legend').replaceChildren(...runs.map((run) => make('li', {}, ...namedRun(run, colourOf(slots.get(run.id))))));
}

function drawSummary() {
  const { root, runs, problem, unread } = api.list;
  const running = runs.filter((run) => run.state === 'running').length;
  const count = runs.length === 1 ? '1 run' : `${grouped(runs.length)} runs`;
  byId('summary').replaceChildren(make('strong', {}, root), ` · ${count}, ${running} running${unread ? ' · reading…' : ''}`);
  byId('notice').hidden = problem === '' && isAlive;
  if (isAlive) byId('notice').textContent = problem;
  byId('no-runs').hidden = runs.length > 0;
  const command = make('code', {}, `bitloom run recipes/digits.yaml --out ${root}/digits`);
  byId('no-runs').replaceChildren('No run yet. One shows up here as soon as it has begun: ', command);
  byId('runs-section').hidden = false;
  for (const part of ['run-tools', 'runs', 'curves']) byId(part).hidden = runs.length === 0;
}

/** Everything anew, from what is known here. */
function update() {
  if (!api.list) return;
  chooseByDefault();
  assignColours();
  const runs = shownRuns();
  drawSummary();
  runList.update(listedRuns(), colours(), Date.now() / 1000);
  for (const part of document.querySelectorAll('[data-when=some]')) part.hidden = runs.length === 0;
  for (const part of document.querySelectorAll('[data-when=none]')) part.hidden = runs.length > 0;
  if (runs.length > 0) {
    drawLegend(runs);
    drawCharts(runs);
    byId('figures').replaceChildren(figuresTable(runs, colours()));
    const { note, table } = recipesTable(runs, api.list.defaults, colours());
    byId('recipes-note').textContent = note;
    byId('recipes').hidden = table === null;
    byId('recipes').replaceChildren(...(table ? [table] : []));
  }
  document.body.dataset.updates = ++updates;
}

// The loop ----------------------------------------------------------------------------------------------------------------------------

let timer = 0, isAsking = false;

function setAlive(alive, why) {
  isAlive = alive;
  document.body.classList.toggle('lost', !alive);
  if (alive) return;
  byId('notice').textContent = `The server does not answer (${why}). Trying again.`;
  byId('notice').hidden = false;
}

async function ask() {
  if (isAsking) return;
  isAsking = true;
  clearTimeout(timer);
  try {
    const wasAlive = isAlive;
    const hasChanged = await api.refreshList();
    setAlive(true);
    chooseByDefault();
    const hasMore = await api.refreshMetrics(choice.ids);
    if (hasChanged || hasMore || !wasAlive) update();
    else runList.update(listedRuns(), colours(), Date.now() / 1000);  // how long ago things were
  } catch (error) {
    setAlive(false, error.message);
  }
  isAsking = false;
  timer = setTimeout(ask, document.hidden ? kPauseHidden : api.list?.unread ? kPauseReading : kPause);
}

byId('filter').addEventListener('input', (event) => {
  filter = event.target.value.trim().toLowerCase();
  if (api.list) runList.update(listedRuns(), colours(), Date.now() / 1000);
});
byId('choose-all').addEventListener('click', () => choose((ids) => listedRuns().forEach((run) => ids.add(run.id))));
byId('choose-none').addEventListener('click', () => choose((ids) => ids.clear()));
for (const input of document.querySelectorAll('input[name=axis]'))
  input.addEventListener('change', () => {
    axis = input.value;
    moveCursor(charts[0], null);
    writeAddress();
    update();
  });
byId('late').addEventListener('change', (event) => {
  isLate = event.target.checked;
  writeAddress();
  update();
});
addEventListener('hashchange', () => {
  readAddress();
  update();
  ask();
});
document.addEventListener('visibilitychange', () => document.hidden || ask());

let lastWidth = 0;
new ResizeObserver(([entry]) => {
  if (entry.contentRect.width === lastWidth) return;  // drawing changes the height alone
  lastWidth = entry.contentRect.width;
  requestAnimationFrame(update);
}).observe(byId('charts'));

readAddress();
ask();
