// What the chosen runs come to, and in which keys their recipes differ.

import { bytes, duration, fixed, grouped, isNumber, make, percent } from './format.js';

/** A run's colour and its name. */
export const namedRun = (run, colour) => [make('span', { class: `swatch ${colour}` }), make('span', { class: 'name' }, run.name)];

const epochs = (value, run) => (run.planned === null ? grouped(value) : `${grouped(value)} of ${grouped(run.planned)}`);

/** Columns of the figures: title, value of a run, its text, and which value is the best: 1 the largest, -1 the smallest. */
const kFigures = [
  ['Epochs', (run) => run.epochs, epochs, 0],
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
  const cell = (run, [, value, text], lead) => {
    const one = value(run);
    if (!isNumber(one)) return make('td', { class: 'number none' }, '–');
    return make('td', { class: one === lead ? 'number leads' : 'number' }, text(one, run));
  };
  const row = (run) => {
    const head = make('th', { scope: 'row' }, ...namedRun(run, colours.get(run.id)));
    return make('tr', {}, head, ...columns.map((column, i) => cell(run, column, best[i])));
  };
  const titles = columns.map(([title]) => make('th', { scope: 'col', class: 'number' }, title));
  const head = make('thead', {}, make('tr', {}, make('th', { scope: 'col' }, 'Run'), ...titles));
  return make('table', {}, head, make('tbody', {}, ...runs.map(row)));
}

function shownValue(value) {
  if (value === undefined) return make('span', { class: 'none' }, '–');
  return value === '' ? make('span', { class: 'none' }, 'empty') : value;
}

const keyRow = (key, ...values) =>
  make('tr', {}, make('th', { scope: 'row' }, key), ...values.map((value) => make('td', {}, shownValue(value))));

/** @return {note, table}: the keys whose values differ between the runs; of one run, those that are not the default */
export function recipesTable(runs, defaults, colours) {
  const told = runs.filter((run) => run.recipe);
  if (told.length === 0) return { note: 'What is chosen has no readable recipe.', table: null };
  const valueOf = (run, key) => run.recipe[key] ?? defaults[key];
  const keys = [...new Set(told.flatMap((run) => Object.keys(run.recipe)))].sort();
  const untold = runs.length - told.length;
  const missing = untold === 0 ? '' : untold === 1 ? ' One run has no readable recipe.' : ` ${untold} runs have no readable recipe.`;
  if (told.length === 1) {
    const [{ name, recipe }] = told;
    const note = `What ${name} does otherwise than by default. Choose another run to compare them.${missing}`;
    return { note, table: table(['Key', name, 'Default'], keys.map((key) => keyRow(key, recipe[key], defaults[key]))) };
  }
  const differing = keys.filter((key) => new Set(told.map((run) => valueOf(run, key))).size > 1);
  if (differing.length === 0) return { note: `The recipes are the same.${missing}`, table: null };
  const heads = told.map((run) => make('span', { class: 'named' }, ...namedRun(run, colours.get(run.id))));
  const rows = differing.map((key) => keyRow(key, ...told.map((run) => valueOf(run, key))));
  const differ = differing.length === 1 ? '1 key differs' : `${differing.length} keys differ`, same = keys.length - differing.length;
  const others = ['', '; 1 other that is not the default is the same'][same] ?? `; ${same} others that are not the default are the same`;
  return { note: `${differ}${others}.${missing}`, table: table(['Key', ...heads], rows) };
}

function table(titles, rows) {
  const head = make('tr', {}, ...titles.map((title) => make('th', { scope: 'col' }, title)));
  return make('table', { class: 'narrow' }, make('thead', {}, head), make('tbody', {}, ...rows));
}
