import { expect, test } from "vitest";
import { chance } from "../tenant/simulated-tenant.ts";
import { eventOf, itemOf } from "./items.ts";
import { answerOf, SimulatedFeed, START } from "./simulated-feed.ts";

const SECOND_MS = 1_000;

test("callbacks to a slow receiver keep no others of its host waiting, nor their retries", async () => {
  const arrivals: { url: string; at: number }[] = [];
  const at = (key: string) => arrivals.filter(({ url }) => url.endsWith(`?key=${key}`));
  const feed: SimulatedFeed = new SimulatedFeed({
    luck: chance(1),
    receive: async ({ url }) => {
      arrivals.push({ url, at: feed.clock.now() });
      const first = arrivals.filter((it) => it.url === url).length === 1;
      await feed.pause(url.includes("slow") ? 6 * SECOND_MS : 5);
      return answerOf(url.includes("slow") || first ? 503 : 200);
    },
  });
  const item = (execution: string, url: string) =>
    itemOf(execution, [eventOf(execution, 1, "workflow.completed", START)], { callbackUrl: url });
  const host = "https://receiver.example.org/callback?key=";
  const slow = Array.from({ length: 8 }, (_, index) => item(`exec_s${index}`, `${host}slow`));
  const quick = Array.from({ length: 5 }, (_, index) => item(`exec_q${index}`, `${host}good${index}`));
  await feed.insist(({ outlet }) => outlet.push(slow));
  await feed.insist(({ outlet }) => outlet.push(quick));
  await feed.runUntil(START + 15 * SECOND_MS);
  for (let index = 0; index < 5; index += 1) {
    const [first, second] = at(`good${index}`);
    expect((first?.at ?? Number.POSITIVE_INFINITY) - START).toBeLessThan(SECOND_MS);
    expect((second?.at ?? Number.POSITIVE_INFINITY) - START).toBeLessThan(10 * SECOND_MS);
  }
  expect(at("slow").length).toBeGreaterThanOrEqual(8);
});
