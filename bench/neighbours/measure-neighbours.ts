import { join } from "node:path";
import { callPlatform } from "../../scripts/call-platform.ts";
import { changeLimits } from "../../scripts/change-limits.ts";
import { createTenant } from "../../scripts/create-tenant.ts";
import { loadJob } from "../load/load-job.ts";
import { runLoad } from "../load/run-load.ts";
import { median } from "../measure/percentile.ts";
import { openPlatform } from "../targets/open-platform.ts";
import type { Target } from "../targets/target.ts";
import { CALCULATOR } from "../workflows.ts";
import { BENCH_CASES } from "../workloads.ts";

/** P1: what a tenant's requests take while another asks for ten times what it may have. */
export interface NeighbourCost {
  /** Of the steady tenant, medians over the rounds. */
  aloneP99Ms: number;
  besideP99Ms: number;
  /** Of the noisy tenant, in all rounds. */
  asked: number;
  served: number;
  /** What each of the noisy tenant's requests was answered that was not served. */
  refusals: Record<string, number>;
}

const CASE = "W1 c=1";
const LIMITS = { requests_per_second: 30, requests_burst: 30, concurrent_executions: 10, queued_executions: 50 };
const TIMES_ITS_LIMIT = 10;
const VOICES = 10;
/** In a window: enough for a p99. */
const LEAST_RUNS = 300;

/** W1 of one tenant, in windows with and without a noisy neighbour that take turns. Fails when a run of the steady tenant does. */
export async function measureNeighbours(
  folder: string,
  { rounds, seconds, said }: { rounds: number; seconds: number; said: (line: string) => void },
): Promise<NeighbourCost> {
  const it = BENCH_CASES.find(({ name }) => name === CASE);
  if (!it) throw new Error(`P1 needs ${CASE}`);
  const target = await openPlatform(join(folder, "neighbours"));
  try {
    const key = await noisyTenant(target);
    const window = async (): Promise<number> =>
      (await runLoad(loadJob(target, { ...it, minRuns: LEAST_RUNS }, seconds))).p99Ms;
    await window();
    const [alone, beside]: [number[], number[]] = [[], []];
    const answers = new Map<string, number>();
    for (let round = 1; round <= rounds; round += 1) {
      said(`P1 noisy neighbour, round ${round} of ${rounds}`);
      alone.push(await window());
      const noise = makeNoise(target, key, answers);
      beside.push(await window());
      await noise.stop();
    }
    const { 202: served = 0, ...refusals } = Object.fromEntries(answers);
    const asked = [...answers.values()].reduce((sum, count) => sum + count, 0);
    return { aloneP99Ms: median(alone), besideP99Ms: median(beside), asked, served, refusals };
  } finally {
    await target.stop();
  }
}

async function noisyTenant({ dataDir, baseUrl }: Target): Promise<string> {
  const { api_key: key, tenant_id: tenantId } = await createTenant(dataDir, baseUrl, "noisy");
  await changeLimits(dataDir, baseUrl, String(tenantId), LIMITS);
  const step = { id: "add", connector: CALCULATOR, action: "add", input: { a: 1, b: 1 } };
  await callPlatform(baseUrl, {
    method: "POST",
    path: "/workflows",
    authorization: `Bearer ${key}`,
    json: { workflows: [{ name: "noise", version: "1.0.0", steps: [step] }] },
  });
  return String(key);
}

/** Asks `TIMES_ITS_LIMIT` times as often as the tenant may, until it is stopped. */
function makeNoise({ baseUrl }: Target, key: string, answers: Map<string, number>): { stop(): Promise<void> } {
  let isOver = false;
  const everyMs = (1_000 * VOICES) / (LIMITS.requests_per_second * TIMES_ITS_LIMIT);
  const shout = async (): Promise<void> => {
    while (!isOver) {
      const pause = new Promise((resolve) => setTimeout(resolve, everyMs));
      const response = await fetch(`${baseUrl}/workflows/executions`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({ workflow: "noise" }),
      });
      await response.arrayBuffer();
      answers.set(String(response.status), (answers.get(String(response.status)) ?? 0) + 1);
      await pause;
    }
  };
  const voices = Promise.all(Array.from({ length: VOICES }, shout));
  return {
    async stop() {
      isOver = true;
      await voices;
    },
  };
}
