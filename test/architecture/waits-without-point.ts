interface Source {
  path: string;
  text: string;
}

/** Waits whose answer goes to a caller that has a point of its own after it, or after which nothing is done: the file, and the line. */
const HANDED_ON: readonly [string, string][] = [
  ["admissions.ts", "await this.#ask("],
  ["admissions.ts", "await this.#allowances.ask(names)"],
  ["admissions.ts", "RELEASED_AT_ONCE === 0) await"],
  // Bytes in memory, and one request each: whoever has asked for it has the points.
  ["archive-file.ts", "await "],
  ["r2-objects.ts", "await "],
  ["sha256-hex.ts", "await "],
  ["archive.ts", "while (this.#fetching"],
  ["archive.ts", "await task()"],
  ["archive.ts", "await this.#restore("],
  ["archive.ts", "await this.#putAway("],
  ["archive.ts", "await this.#archiveTree("],
  ["archive.ts", "await this.#put("],
  ["archive.ts", "await Promise.all("],
  ["large-outputs.ts", "await this.#store("],
  ["large-outputs.ts", "await this.#put("],
  ["purges.ts", "await this.#keysOf("],
  ["purges.ts", "await this.#removeObjects(purged"],
  ["purges.ts", "await archive.bring("],
  ["purges.ts", "await going"],
  ["purges.ts", "await wait(LOOK_MS)"],
  ["plugin-calls.ts", "await http.invokeKnown("],
  ["retention.ts", "await this.#archive.bring("],
  ["retention.ts", "await this.#archive.round("],
  ["retention.ts", "await this.#deps.retentionMs"],
  ["cached-calls.ts", "sha256Hex("],
  ["cached-calls.ts", "await tenant()"],
  ["cell.ts", "await first;"],
  ["children.ts", "if (next) await next;"],
  ["children.ts", "await this.#deps.wait(waitMs)"],
  ["children.ts", "await this.#brought("],
  ["cell.ts", "await this.retention.bring("],
  ["cell.ts", "await this.get(executionId)"],
  ["cell.ts", "await this.#hasTaken("],
  ["cell.ts", "state.signalIds.has(id)"],
  ["coordinator.ts", "await this.#register()"],
  ["coordinator.ts", "this.#cell.retention.bring("],
  ["coordinator.ts", "this.#cell.retention.bringRows("],
  ["coordinator.ts", "await this.#tenant.settings()"],
  ["event-log.ts", "this.#deps.bring("],
  ["feed-push.ts", "await this.#pushSome()"],
  ["residents.ts", "await settled;"],
  ["residents.ts", "await this.#group.settled(last)"],
  ["residents.ts", "await (child ?"],
  ["residents.ts", "await this.#deps.keep("],
  ["retries.ts", "residents.committed(live)"],
  ["retries.ts", "await residents.read("],
  ["retries.ts", "admissions.mayGoOn()"],
  ["run-migration.ts", "await report(false)"],
  ["shared-budgets.ts", "RESUMED_AT_ONCE === 0) await"],
  ["shared-budgets.ts", "await this.resumeHeld()"],
  ["start-entries.ts", "return await asking"],
  ["stored-runs.ts", "if (coming) await coming;"],
  ["tasks.ts", "return await this.#settle("],
  ["tasks.ts", "return await this.#over("],
  ["tasks.ts", "return await this.#alive("],
  ["tasks.ts", "await this.#deps.maskSaid("],
  ["tasks.ts", "await this.#deps.keep("],
];

/** Lines with an `await` after which, before the next one, no named point comes. */
export function waitsWithoutPoint({ path, text }: Source): string[] {
  const lines = text.split("\n");
  return lines.flatMap((line, index) => {
    if (!/(?<!#)\bawait\b(?!\()/.test(line) || /^\s*(\/\/|\*|\/\*)/.test(line)) return [];
    const known = HANDED_ON.some(([file, part]) => file === path && line.includes(part));
    const following = lines.slice(index + 1, index + 5);
    const next = following.findIndex((it) => /\bawait\b/.test(it));
    const until = next === -1 ? following : following.slice(0, next + 1);
    return known || until.some((it) => it.includes("faultPoint")) ? [] : [`${path}:${index + 1} ${line.trim()}`];
  });
}
