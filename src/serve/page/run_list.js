// The list of runs with a box each to choose it. Rows are kept and changed in place, so that focus and scroll position stay.

import { ago, duration, grouped, isNumber, make, percent } from './format.js';

/** "epoch 7 of 10, about 12 s left" */
function progressText(run) {
  if (run.epochs === 0) return run.state === 'running' ? 'in its first epoch' : 'no epoch yet';
  const done = run.planned === null ? `epoch ${grouped(run.epochs)}` : `epoch ${grouped(run.epochs)} of ${grouped(run.planned)}`;
  if (run.state === 'finished' && (run.planned === null || run.epochs === run.planned)) return `${grouped(run.epochs)} epochs`;
  if (run.state === 'finished') return `${done}, ended early`;
  const left = run.planned === null ? 0 : (run.planned - run.epochs) * run.epoch_seconds;
  return run.state === 'running' && left > 0 ? `${done}, about ${duration(left)} left` : done;
}

const whenText = (run, now) => (run.last_at > 0 ? ago(Math.max(0, now - run.last_at)) : '');

/** What the summary says of the whole run: ["passed", "passed"], or nothing. */
function verdict(run) {
  if (!run.summary || run.summary.passed === undefined) return null;
  return run.summary.passed ? ['good', 'all checks passed'] : ['bad', run.summary.stopped ? 'ended by an error' : 'a check failed'];
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

class Row {
  constructor(run, onToggle) {
    this.box = make('input', { type: 'checkbox' });
    this.swatch = make('span', { class: 'swatch' });
    this.name = make('span', { class: 'name' });
    this.state = make('span', { class: 'state' });
    this.fill = make('span', { class: 'fill' });
    this.track = make('span', { class: 'track', 'aria-hidden': 'true' }, this.fill);
    this.words = make('span', { class: 'words' });
    this.best = make('span', { class: 'best' });
    this.when = make('span', { class: 'when' });
    this.verdict = make('span', { class: 'verdict-note' });
    this.report = make('a', { class: 'report', target: '_blank', rel: 'noopener' }, 'report');
    this.problems = make('ul', { class: 'problems', 'aria-label': 'Problems' });
    this.element = make('li', { class: 'run' },
      make('label', { class: 'pick' }, this.box, this.swatch, this.name),
      make('span', { class: 'status' }, this.state, this.when),
      make('span', { class: 'progress' }, this.track, this.words),
      make('span', { class: 'results' }, this.best, this.verdict), this.report, this.problems);
    this.box.addEventListener('change', () => onToggle(run.id, this.box.checked));
    this.report.href = `report.html?run=${run.id}`;
  }

  update(run, colour, now) {
    this.box.checked = colour !== undefined;
    this.swatch.className = `swatch ${colour ?? 'off'}`;
    setText(this.name, run.name);
    setText(this.state, run.state);
    this.state.className = `state state-${run.state}`;
    setText(this.when, whenText(run, now));
    this.track.hidden = !run.planned && run.state !== 'finished';
    this.fill.style.width = run.planned ? `${Math.min(100, (100 * run.epochs) / run.planned)}%` : run.state === 'finished' ? '100%' : '0';
    setText(this.words, progressText(run));
    setText(this.best, run.best ? `best ${percent(run.best.validation_top1)} in epoch ${grouped(run.best.epoch)}` : '');
    const [kind, words] = verdict(run) || ['', ''];
    setText(this.verdict, words);
    this.verdict.className = `verdict-note ${kind}`;
    this.report.hidden = !run.report;
    this.report.setAttribute('aria-label', `report of ${run.name}`);
    const problems = run.problems.join('\n');
    if (problems !== this.shownProblems) this.problems.replaceChildren(...run.problems.map((problem) => make('li', {}, problem)));
    this.shownProblems = problems;
    this.problems.hidden = run.problems.length === 0;
  }
}

export class RunList {
  constructor(host, onToggle) {
    this.host = host;
    this.onToggle = onToggle;
    this.rows = new Map();
  }

  /** @param runs  those to show, in order; @param colours  id -> CSS classes of the chosen ones */
  update(runs, colours, now) {
    const shown = runs.map((run) => {
      if (!this.rows.has(run.id)) this.rows.set(run.id, new Row(run, this.onToggle));
      const row = this.rows.get(run.id);
      row.update(run, colours.get(run.id), now);
      return row.element;
    });
    const ids = new Set(runs.map((run) => run.id));
    for (const id of this.rows.keys()) if (!ids.has(id)) this.rows.delete(id);
    const inPlace = shown.length === this.host.children.length && shown.every((element, i) => element === this.host.children[i]);
    if (!inPlace) this.host.replaceChildren(...shown);
  }
}

/** Running ones and young ones first. */
export function inOrder(runs) {
  const start = (run) => (isNumber(run.started_at) && run.started_at > 0 ? run.started_at : run.last_at);
  return [...runs].sort((a, b) => start(b) - start(a) || (a.name < b.name ? -1 : 1));
}
