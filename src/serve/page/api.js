// What the server knows, kept up to date here. Server side: src/serve/http/site.cpp, src/serve/runs/run.cpp.
//
// A run in the list: id (for addresses), name, state ("running" | "finished" | "stopped"), epochs (the last one's number), planned (by its
// recipe, or null), best and last (an epoch's values, or null), started_at, last_at (seconds since 1970), seconds (of training),
// epoch_seconds (from one line to the next), images_per_s, generation and rows (of its metrics), report (there is one), summary
// ({float_top1, int_top1, int_bytes, passed, stopped} or null), recipe (keys that are not the default, or null), problems (texts).

export class Api {
  constructor() {
    this.list = null;        // the last answer to runs.json
    this.metrics = new Map();  // id -> {generation, columns}
    this.tag = '';
  }

  /** @return whether the list changed */
  async refreshList() {
    const answer = await fetch('runs.json', { cache: 'no-store', headers: this.tag ? { 'If-None-Match': this.tag } : {} });
    if (answer.status === 304) return false;
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    this.list = await answer.json();
    this.tag = answer.headers.get('ETag') || '';
    const known = new Set(this.list.runs.map((run) => run.id));
    for (const id of this.metrics.keys()) if (!known.has(id)) this.metrics.delete(id);
    return true;
  }

  /** Fetches what the chosen runs have more than is here; a few at a time. @return whether there was anything */
  async refreshMetrics(ids) {
    const behind = this.list.runs.filter((run) => ids.has(run.id) && this.isBehind(run));
    const work = [...behind];
    const fetchSome = async () => {
      for (let run = work.shift(); run; run = work.shift()) await this.fetchRows(run);
    };
    await Promise.all([fetchSome(), fetchSome(), fetchSome(), fetchSome()]);
    return behind.length > 0;
  }

  isBehind(run) {
    const held = this.metrics.get(run.id);
    return !held || held.generation !== run.generation || held.columns.epoch.length !== run.rows;
  }

  async fetchRows(run) {
    const held = this.metrics.get(run.id);
    const from = held ? held.columns.epoch.length : 0;
    const answer = await fetch(`metrics.json?run=${run.id}&generation=${held ? held.generation : 0}&from=${from}`, { cache: 'no-store' });
    if (answer.status === 404) return void this.metrics.delete(run.id);  // deleted since
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    const news = await answer.json();
    if (held && held.generation === news.generation && news.from === from) {
      for (const [name, values] of Object.entries(news.columns)) {
        const column = held.columns[name];
        for (const value of values) column.push(value);
      }
    } else {
      this.metrics.set(run.id, { generation: news.generation, columns: news.columns });
    }
  }
}
