import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { Log, LogLevel, Miniflare, type MiniflareOptions } from "miniflare";
import type { SandboxEndReason, SandboxEnds } from "../../contracts/sandbox-ends.ts";
import { isStuck } from "./is-stuck.ts";
import { QUIET_RUNTIME } from "./quiet-runtime.ts";
import { processMemoryMb } from "./process-memory.ts";

/** How often the watchdog looks. */
const ASK_MS = 250;
/** A sandbox that computes nothing is not asked at every look: a request costs the host 25 ms of an idle machine. */
const LOOKS_AT_REST = 8;
/** Linux counts a process's time in these, whatever its kernel does. */
const TICK_MS = 10;
/** Of one look, in ticks of 10 ms: a loop uses 25. */
const BUSY_TICKS = 10;
/** Ends that it remembers, for the calls that were in the sandbox then. */
const MOST_ENDS = 20;

export interface SandboxProcess {
  /** Begins to watch: when the other runtimes of this process are there and protected, since it finds its own by who is left. */
  watch(): void;
  /** Where the watchdog says why it ended the sandbox: `SandboxEnds`. */
  watchdogPort: number;
  stop(): Promise<void>;
}

/** What the sandbox of this machine may do before it is ended. */
export interface SandboxBounds {
  /** Milliseconds without an answer. */
  stuckMs: number;
  /** Resident memory of the whole process. */
  memoryMb: number;
}

/**
 * The sandbox Worker in a workerd of its own, and its watchdog: locally nothing else ends an endless loop or bounds memory, and
 * either in the platform's own process would be the end of all of it. A sandbox that passes its bounds is killed; miniflare
 * starts it anew on its port, and the calls that were in it fail by name.
 */
export async function startSandboxProcess(
  worker: MiniflareOptions["workers"][number],
  port: number,
  { stuckMs, memoryMb }: SandboxBounds,
): Promise<SandboxProcess> {
  const before = workerdChildren();
  const miniflare = new Miniflare({
    ...QUIET_RUNTIME,
    log: new Log(LogLevel.NONE),
    workers: [{ ...worker, dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port }] } }],
  });
  await miniflare.ready;
  const findOwn = () => workerdChildren().filter((pid) => !before.includes(pid) && !others.has(pid));
  let own = findOwn();
  /** When the first question was sent that is still unanswered. */
  let askedAt: number | undefined;
  /** What it had computed at that time, in ticks. */
  let ticksThen: number | undefined;
  const heard = (): void => {
    askedAt = undefined;
    ticksThen = undefined;
    silent = false;
  };
  const ends: SandboxEnds["ends"] = [];
  const end = async (reason: SandboxEndReason, why: string): Promise<void> => {
    console.error(`the sandbox ${why}: it is ended and started anew`);
    // First: the calls that were in it ask for the reason as soon as it is gone.
    ends.push({ at: Date.now(), reason });
    ends.splice(0, ends.length - MOST_ENDS);
    const known = workerdChildren();
    for (const pid of own) if (known.includes(pid)) process.kill(pid, "SIGKILL");
    await new Promise((later) => setTimeout(later, ASK_MS));
    heard();
    own = findOwn();
  };
  let ticks = 0;
  let looks = 0;
  /** The last question had no answer: asked again at every look, however little a crowded machine lets it compute. */
  let silent = false;
  const atRest = async (): Promise<boolean> => {
    const now = await ticksOf(own);
    const busy = silent || now === undefined || now - ticks >= BUSY_TICKS;
    ticks = now ?? 0;
    looks = busy ? 0 : looks + 1;
    return looks % LOOKS_AT_REST !== 0;
  };
  const askWhetherItAnswers = async (): Promise<void> => {
    if (await atRest()) return heard();
    ticksThen ??= await ticksOf(own);
    askedAt ??= performance.now();
    try {
      await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(ASK_MS * 2) });
      heard();
    } catch (error) {
      // Nobody listens: it is being started.
      if (!isTimeout(error)) return heard();
      silent = true;
      const now = await ticksOf(own);
      const computedMs = now === undefined || ticksThen === undefined ? undefined : (now - ticksThen) * TICK_MS;
      const silentMs = performance.now() - (askedAt ?? performance.now());
      if (isStuck(silentMs, computedMs, stuckMs)) await end("stuck", `did not answer for ${Math.round(silentMs)} ms`);
    }
  };
  const askForMemory = async (): Promise<void> => {
    const sizes = await Promise.all(own.map(processMemoryMb));
    // It ended by itself: miniflare has started another.
    if (Math.max(0, ...sizes) === 0) own = findOwn();
    const size = Math.round(Math.max(0, ...sizes));
    if (size > memoryMb) await end("memory", `takes ${size} MB of memory, and may take ${memoryMb}`);
  };
  const timers: NodeJS.Timeout[] = [];
  const often = (ask: () => Promise<void>): NodeJS.Timeout => {
    let asking = false;
    const once = async (): Promise<void> => {
      if (asking) return;
      asking = true;
      await ask().finally(() => {
        asking = false;
      });
    };
    return setInterval(() => void once(), ASK_MS);
  };
  const server = createServer((_, response) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify({ ends } satisfies SandboxEnds));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  return {
    watch() {
      timers.push(often(askWhetherItAnswers), often(askForMemory));
    },
    watchdogPort: typeof address === "object" && address !== null ? address.port : 0,
    async stop() {
      for (const timer of timers) clearInterval(timer);
      server.closeAllConnections();
      server.close();
      await miniflare.dispose();
    },
  };
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}

/** CPU time that processes have used, in ticks; undefined where no /proc says it. */
async function ticksOf(pids: readonly number[]): Promise<number | undefined> {
  try {
    const texts = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, "utf8")));
    const fields = texts.map((text) => text.slice(text.lastIndexOf(")") + 2).split(" "));
    return fields.reduce((sum, of) => sum + Number(of[11]) + Number(of[12]), 0);
  } catch {
    return undefined;
  }
}

/** Children of this process that are other Workers' runtimes: never the watchdog's to end. */
const others = new Set<number>();

export function protectRuntime(pid: number | null): void {
  if (pid !== null) others.add(pid);
}

/** Runtimes that this process started. */
export function workerdChildren(): number[] {
  const list = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  return list
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, path]) => Number(parent) === process.pid && path?.includes("workerd"))
    .map(([pid]) => Number(pid));
}
