import { chanceOf } from "./chance.ts";
import { type Followed, followRun, sleep, startRun } from "./follow-run.ts";
import type { SoakOptions } from "./options.ts";
import type { SoakPlatform } from "./soak-platform.ts";
import type { SoakService } from "./soak-service.ts";
import { soakRun } from "./soak-run.ts";

export interface Load {
  followed: Followed[];
  /** Calls that the service worked on at each kill. */
  inFlightAtKill: number[];
}

/** So long may what was started take to end when nothing is killed any more. */
const DRAIN_MS = 120_000;
/** Until so many calls are in flight a kill waits, this long at most. */
const BUSY = 3;
const BUSY_MS = 3_000;
/** Postgres loses its connections about so often between two kills. */
const CUTS_A_KILL = 2;

/** Keeps `open` executions going for `minutes`, and kills the platform under them; answers when all have ended, or will not. */
export async function keepLoad(
  platform: SoakPlatform,
  service: SoakService,
  options: SoakOptions,
  said: (text: string) => void,
): Promise<Load> {
  const { minutes, seed, killEvery, open } = options;
  const load: Load = { followed: [], inFlightAtKill: [] };
  const chance = chanceOf(seed, "runs");
  const until = Date.now() + minutes * 60_000;
  let drainedBy = Number.POSITIVE_INFINITY;
  let number = 0;
  const mayStop = (): boolean => Date.now() > drainedBy;
  const worker = async (): Promise<void> => {
    while (Date.now() < until) {
      const followed = await startRun(platform, soakRun(number++, chance));
      load.followed.push(followed);
      await followRun(platform, followed, mayStop).catch((error: unknown) => {
        followed.wrong.push(error instanceof Error ? error.message : String(error));
      });
    }
  };
  const workers = Promise.all(Array.from({ length: open }, worker));
  const stormy = storm(platform, service, { chance: chanceOf(seed, "kills"), killEvery, until, load, said });
  await Promise.race([stormy, workers.then(() => stormy)]);
  drainedBy = Date.now() + DRAIN_MS;
  said(`no more kills: ${load.followed.length} executions were started; waiting for the last to end`);
  await workers;
  return load;
}

interface Storm {
  chance: () => number;
  killEvery: number;
  until: number;
  load: Load;
  said(text: string): void;
}

async function storm(
  platform: SoakPlatform,
  service: SoakService,
  { chance, killEvery, until, load, said }: Storm,
): Promise<void> {
  for (;;) {
    const next = Date.now() + killEvery * (0.5 + chance()) * 1_000;
    for (let cut = 0; cut < CUTS_A_KILL; cut += 1) {
      await sleep(((next - Date.now()) * chance()) / CUTS_A_KILL);
      platform.wire.cut();
    }
    await sleep(next - Date.now());
    if (Date.now() >= until) return;
    const busyBy = Date.now() + BUSY_MS;
    while (service.inFlight < BUSY && Date.now() < busyBy) await sleep(1);
    load.inFlightAtKill.push(service.inFlight);
    await platform.kill();
    const left = Math.max(0, (until - Date.now()) / 1_000).toFixed(0);
    said(
      `kill ${platform.kills.length} (${load.inFlightAtKill.at(-1)} calls in flight), ${load.followed.length} started, ${left} s left`,
    );
  }
}
