// The last minutes of the gateway's metrics, and what can be told from them.

import {buckets, by, quantile, total} from "./prometheus.js";

/** Seconds that are kept, and the least that is shown. */
const most = 300, least = 60;

/** Seconds over which latencies are taken, and what happens now and then is counted: one opening a second would make a jumpy line. */
const latencySpan = 10;
export const rareSpan = 5;

export class History {
  constructor() {
    this.pages = [];
  }

  /** Takes a page; `at` in seconds. A gateway that was started anew begins anew. */
  add(page, at) {
    const last = this.pages.at(-1)?.page;
    if (last && total(page, "voxgate_sessions_opened_total") < total(last, "voxgate_sessions_opened_total")) this.pages = [];
    this.pages.push({page, at});
    while (at - this.pages[0].at > most) this.pages.shift();
  }

  /** Seconds that there is something to show of. */
  span(now) {
    return this.pages.length ? Math.min(most, Math.max(least, now - this.pages[0].at)) : least;
  }

  get latest() {
    return this.pages.at(-1)?.page;
  }

  /** A gauge's values: `[[at, value]]`. */
  gauge(name, wanted) {
    return this.pages.map(({page, at}) => [at, total(page, name, wanted)]);
  }

  /** The first of the pages that lie at most so many seconds before this one; at least the one before, if there is any. */
  before(index, span) {
    let first = Math.max(0, index - 1);
    while (first > 0 && this.pages[index].at - this.pages[first - 1].at <= span) first -= 1;
    return this.pages[first];
  }

  /** A counter's growth a second, over so many seconds. */
  rate(name, wanted, span = 1) {
    return this.pages.slice(1).map(({page, at}, index) => {
      const before = this.before(index + 1, span);
      return [at, Math.max(0, total(page, name, wanted) - total(before.page, name, wanted)) / (at - before.at)];
    });
  }

  /** What a share of a histogram's observations did not exceed; null where there were none. */
  latency(name, share) {
    return this.pages.map(({page, at}, index) => [at, quantile(share, buckets(this.before(index, latencySpan).page, name), buckets(page, name))]);
  }

  /** The values of a label that a metric has. */
  labels(name, label) {
    return this.latest ? [...by(this.latest, name, label).keys()].sort() : [];
  }
}
