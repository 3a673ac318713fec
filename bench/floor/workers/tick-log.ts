/** Runs that may be active while a commit still goes out at once; above it, commits wait a tick for company. */
const GROUP_ABOVE = 4;
const TICK_MS = 1;
/** Above this many, a longer tick pays: it keeps 64 concurrent runs at about eight commits a round of theirs. */
const LONG_TICK_ABOVE = 50;
const LONG_TICK_MS = 2;

interface Pending {
  event: object;
  written: () => void;
}

/** A log whose entries are durable before what follows them: all that arrives within a tick becomes one row, one commit. */
export class TickLog {
  readonly #sql: SqlStorage;
  readonly #active: () => number;
  #pending: Pending[] = [];

  constructor(sql: SqlStorage, active: () => number) {
    this.#sql = sql;
    this.#active = active;
    sql.exec("CREATE TABLE IF NOT EXISTS log (seq INTEGER PRIMARY KEY, events TEXT NOT NULL)");
  }

  append(event: object): Promise<void> {
    return new Promise((written) => {
      this.#pending.push({ event, written });
      if (this.#pending.length > 1) return;
      const active = this.#active();
      if (active <= GROUP_ABOVE) queueMicrotask(() => this.#flush());
      else void scheduler.wait(active > LONG_TICK_ABOVE ? LONG_TICK_MS : TICK_MS).then(() => this.#flush());
    });
  }

  #flush(): void {
    const group = this.#pending;
    this.#pending = [];
    this.#sql.exec("INSERT INTO log (events) VALUES (?)", JSON.stringify(group.map(({ event }) => event)));
    for (const { written } of group) written();
  }
}
