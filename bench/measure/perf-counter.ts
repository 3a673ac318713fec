import { execFile, spawn, type ChildProcess } from "node:child_process";
import { readlink } from "node:fs/promises";
import { promisify } from "node:util";
import type { WriteCounter, Writes } from "./write-counter.ts";

const run = promisify(execFile);
const INTERVAL_MS = 100;
const SYNC_EVENTS = ["syscalls:sys_enter_fsync", "syscalls:sys_enter_fdatasync"];
/** SQLite inside workerd puts and takes every row and index entry through these two functions. */
const ROW_FUNCTIONS = ["sqlite3BtreeInsert", "sqlite3BtreeDelete"];

/**
 * Counts one process's fsyncs by the kernel's tracepoints and its row writes by probes on SQLite's own functions, at no
 * cost worth naming (strace makes a run five times as slow, and so changes how commits group). Needs Linux perf and the
 * right to trace; undefined without them.
 */
export async function openPerfCounter(pid: number): Promise<WriteCounter | undefined> {
  try {
    await run("perf", ["stat", "-x,", "-e", SYNC_EVENTS.join(), "true"]);
  } catch {
    return undefined;
  }
  const probes = await addRowProbes(pid);
  const rowEvents = probes ? ROW_FUNCTIONS.map((name) => `${probes}:${eventOf(name, pid)}`) : [];
  const counting = new PerfStat(pid, rowEvents);
  return {
    method: rowEvents.length > 0 ? "perf: fsyncs and SQLite writes of workerd" : "perf: fsyncs of workerd",
    read: () => counting.read(),
    close: async () => {
      await counting.stop();
      if (probes) await removeRowProbes(probes);
    },
  };
}

/** The probes' group, or undefined where the kernel or the binary does not allow them. */
async function addRowProbes(pid: number): Promise<string | undefined> {
  const group = `smartify_bench_${pid}`;
  const binary = await readlink(`/proc/${pid}/exe`);
  try {
    await removeRowProbes(group);
    for (const name of ROW_FUNCTIONS) {
      const probe = `${group}:${eventOf(name, pid)}=${name}`;
      await run("perf", ["probe", "-q", "-x", binary, "--add", probe]);
    }
    return group;
  } catch {
    return undefined;
  }
}

/** perf wants names that are unique over all groups. */
function eventOf(name: string, pid: number): string {
  return `${name}_${pid}`;
}

async function removeRowProbes(group: string): Promise<void> {
  await run("perf", ["probe", "-q", "--del", `${group}:*`]).catch(() => undefined);
}

/** `perf stat` printing what was counted every 100 ms, added up. */
class PerfStat {
  readonly #child: ChildProcess;
  readonly #rowEvents: readonly string[];
  readonly #totals = new Map<string, number>();
  #rest = "";
  #next: (() => void)[] = [];
  #ended: Error | undefined;

  constructor(pid: number, rowEvents: readonly string[]) {
    this.#rowEvents = rowEvents;
    const events = [...SYNC_EVENTS, ...rowEvents].join();
    const args = ["stat", "-I", String(INTERVAL_MS), "-x,", "-e", events, "-p", String(pid)];
    this.#child = spawn("perf", args, { stdio: ["ignore", "ignore", "pipe"] });
    this.#child.stderr?.on("data", (chunk: Buffer) => this.#take(chunk.toString("utf8")));
    const ended = (reason: string) => (): void => {
      this.#ended = new Error(`perf stat ${reason}`);
      this.#wake();
    };
    this.#child.on("error", ended("did not start"));
    this.#child.on("close", ended("ended: the process it counted is gone"));
  }

  /** Waits for an interval that began after now, so that all that has happened is in it. */
  async read(): Promise<Writes> {
    await this.#interval();
    await this.#interval();
    if (this.#ended) throw this.#ended;
    const total = (names: readonly string[]): number =>
      names.reduce((sum, name) => sum + (this.#totals.get(name) ?? 0), 0);
    return { fsyncs: total(SYNC_EVENTS), rows: this.#rowEvents.length > 0 ? total(this.#rowEvents) : undefined };
  }

  async stop(): Promise<void> {
    if (this.#ended) return;
    const closed = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.kill("SIGINT");
    await closed;
  }

  #interval(): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((resolve) => this.#next.push(resolve));
  }

  /** Lines are `seconds,count,unit,event,…`; an interval ends with the line of its last event. */
  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    const last = this.#rowEvents.at(-1) ?? SYNC_EVENTS.at(-1);
    for (const line of lines) {
      const [, count, , event] = line.split(",");
      if (event === undefined) continue;
      // `<not counted>`: the process did not run in this interval.
      this.#totals.set(event, (this.#totals.get(event) ?? 0) + (Number(count) || 0));
      if (event === last) this.#wake();
    }
  }

  #wake(): void {
    const waiting = this.#next;
    this.#next = [];
    for (const resolve of waiting) resolve();
  }
}
