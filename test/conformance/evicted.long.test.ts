import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadCases } from "./conformance-case.ts";
import { CoordinatorHost } from "./coordinator-host.ts";
import { evictedHost } from "./evicted-host.ts";
import { runCase } from "./run-case.ts";

/*
 * The language once more, by an object that has nothing in its memory but what it read from the disk since its last commit.
 */

const table = loadCases().map((one) => [one.case, one] as const);
/** In workerd, in real time, of every so many cases one: of each file some. `EVERY=1` runs all but those below, which takes three minutes. */
const EVERY = Number(process.env.EVERY ?? 3);
/**
 * Cases that count real milliseconds of something else than a wait or a retry, and those with an action that must not be repeated (`charge`, a `request` that is a POST):
 * an abort between its commit and its call rightly ends it as unknown. On the simulated cell they are run like any.
 */
const bets = (one: unknown): boolean =>
  /"(after_ms|hang|timeout|limits?|deadline)"|"charge"|"POST"/.test(JSON.stringify(one));
/** And those whose budget is a few seconds, of which each abort takes its part. */
const hurries = (one: unknown): boolean => /"max_seconds":\d(\.\d+)?[,}]/.test(JSON.stringify(one));
const chosen = table.filter(([, one]) => !bets(one)).filter(([, one], index) => index % EVERY === 0 && !hurries(one));

describe("on a cell that is put out of its memory after every commit", () => {
  const host = evictedHost();

  test.each(table)("%s", (_, one) => runCase(host, one), 20_000);

  test("its cells were put out of memory again and again", () => {
    console.log(`${host.evictions} evictions of a simulated cell in ${table.length} cases`);
    expect(host.evictions).toBeGreaterThan(2 * table.length);
  });
});

describe("on the coordinator object in workerd, aborted after every commit", () => {
  let host: CoordinatorHost;
  beforeAll(async () => {
    host = await CoordinatorHost.start("aborted-conformance-worker");
  }, 30_000);
  afterAll(() => host.stop());

  test.concurrent.each(chosen)("%s", (_, one) => runCase(host, one), 90_000);

  test("its objects were aborted again and again", async () => {
    const aborts = Number(await host.told());
    console.log(`${aborts} aborts of a coordinator object in ${chosen.length} cases`);
    expect(aborts).toBeGreaterThan(2 * chosen.length);
  });
});
