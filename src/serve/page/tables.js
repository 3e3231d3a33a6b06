// What the chosen runs come to, and in which keys their recipes differ.

import { bytes, duration, fixed, grouped, isNumber, make, percent } from './format.js';

const head = (run, colour) => make('th', { scope: 'row' }, make('span', { class: `swatch ${colour}` }), make('span', { class: 'name' }, run.name));

/** Columns of the figures: title, value of a run, its text, and which value is the best: 1 the largest, -1 the smallest. */
const kFigures = [
  ['Epochs', (run) => run.epochs, (value, run) => (run.planned === null ? grouped(value) : `${grouped(value)} of ${grouped(run.planned)}`), 0],
  ['Best epoch', (run) => run.best?.epoch, grouped, 0],
  ['Best validation accuracy', (run) => run.best?.validation_top1, percent, 1],
  ['Validation loss at best', (run) => run.best?.validation_loss, (value) => fixed(value, 4), -1],
  ['Training accuracy at best', (run) => run.best?.train_top1, percent, 0],
  ['Last validation accuracy', (run) => run.last?.validation_top1, percent, 0],
  ['Last training loss', (run) => run.last?.train_loss, (value) => fixed(value, 4), 0],
  ['Float on test images', (run) => run.summary?.float_top1, percent, 1],
  ['Integer on test images', (run) => run.summary?.int_top1, percent, 1],
  ['Integer parameters', (run) => run.summary?.int_bytes, bytes, -1],
  ['Time in epochs', (run) => run.seconds || undefined, duration, 0],
  ['Images/s', (run) => run.images_per_s || undefined, grouped, 0],
];

export function figuresTable(runs, colours) {
  const columns = kFigures.filter(([, value]) => runs.some((run) => isNumber(value(run))));
  const best = columns.map(([, value, , order]) => {
    const values = runs.map(value).filter(isNumber);
    return order === 0 || new Set(values).size < 2 ? null : order * Math.max(...values.map((one) => order * one));
  });
  const row = (run) => make('tr', {}, head(run, colours.get(run.id)), ...columns.map(([, value, text], i) => {
    const one = value(run);
    if (!isNumber(one)) return make('td', { class: 'number none' }, '–');
    return make('td', { class: one === best[i] ? 'number leads' : 'number' }, text(one, run));
  }));
  const titles = columns.map(([title]) => make('th', { scope: 'col', class: 'number' }, title));
  return make('table', {}, make('thead', {}, make('tr', {}, make('th', { scope: 'col' }, 'Run'), ...titles)), make('tbody', {}, ...runs.map(row)));
}

const shownValue = (value) => (value === undefined || value === '' ? make('span', { class: 'none' }, value === '' ? 'empty' : '–') : value);

/** @return {note, table}: the keys whose values differ between the runs; of one run, those that are not the default */
export function recipesTable(runs, defaults, colours) {
  const told = runs.filter((run) => run.recipe);
  if (told.length === 0) return { note: 'What is chosen has no readable recipe.', table: null };
  const valueOf = (run, key) => run.recipe[key] ?? defaults[key];
  const keys = [...new Set(told.flatMap((run) => Object.keys(run.recipe)))].sort();
  const untold = runs.length - told.length;
  const missing = untold === 0 ? '' : untold === 1 ? ' One run has no readable recipe.' : ` ${untold} runs have no readable recipe.`;
  if (told.length === 1) {
    const rows = keys.map((key) => make('tr', {}, make('th', { scope: 'row' }, key), make('td', {}, shownValue(valueOf(told[0], key))),
      make('td', { class: 'none' }, shownValue(defaults[key]))));
    return { note: `What ${told[0].name} does otherwise than by default. Choose another run to compare them.${missing}`, table: table(['Key', told[0].name, 'Default'], rows) };
  }
  const differing = keys.filter((key) => new Set(told.map((run) => valueOf(run, key))).size > 1);
  if (differing.length === 0) return { note: `The recipes are the same.${missing}`, table: null };
  const heads = told.map((run) => make('span', { class: 'named' }, make('span', { class: `swatch ${colours.get(run.id)}` }), run.name));
  const rows = differing.map((key) => make('tr', {}, make('th', { scope: 'row' }, key), ...told.map((run) => make('td', {}, shownValue(valueOf(run, key))))));
  const same = keys.length - differing.length;
  const others = same > 0 ? `; ${same} other${same === 1 ? ' that is' : 's that are'} not the default ${same === 1 ? 'is' : 'are'} the same` : '';
  return { note: `${differing.length} key${differing.length === 1 ? ' differs' : 's differ'}${others}.${missing}`, table: table(['Key', ...heads], rows) };
}

function table(titles, rows) {
  return make('table', { class: 'narrow' }, make('thead', {}, make('tr', {}, ...titles.map((title) => make('th', { scope: 'col' }, title)))),
    make('tbody', {}, ...rows));
}
