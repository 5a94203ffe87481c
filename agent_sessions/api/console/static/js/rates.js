// From counts that only grow to how many a second, over the last minutes.

const KEPT = 60;

/** Takes what the server tells every few seconds. After a restart of the server it begins anew. */
export class Rates {
  #samples = [];

  take(statistics) {
    const last = this.#samples.at(-1);
    if (last && statistics.uptime < last.uptime) this.#samples = [];
    this.#samples.push(statistics);
    if (this.#samples.length > KEPT) this.#samples.shift();
  }

  get any() {
    return this.#samples.length > 0;
  }

  /** Live sessions over time. */
  get sessions() {
    return this.#samples.map((each) => each.sessions.active);
  }

  /** How many of `log`'s counts a second, between each two samples. */
  of(name) {
    return this.#samples.slice(1).map((each, place) => {
      const before = this.#samples[place];
      return (each.log[name] - before.log[name]) / Math.max(each.uptime - before.uptime, 0.001);
    });
  }

  /** The newest of them, null before there are two samples. */
  latest(name) {
    return this.of(name).at(-1) ?? null;
  }
}
