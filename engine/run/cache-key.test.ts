import { expect, test } from "vitest";
import type { PinnedAction } from "../connector.ts";
import { actionStep, planOf, runTest } from "../testing.ts";

async function keyOf(pin: Partial<PinnedAction>, step: Record<string, unknown> = {}): Promise<string | undefined> {
  // As `POST /execute` makes it: whatever is called, the workflow and its step have the same names.
  const plan = planOf([actionStep("call", { input: { id: 1 }, ...step })], { slug: "execute" }, pin);
  const { calls } = await runTest(plan, () => ({ ok: true, output: 1 }));
  return calls[0]?.cache?.key;
}

test("what an action itself says is to be kept is of that action, in that version", async () => {
  const cache = { ttlMs: 60_000 };
  const keys = [
    await keyOf({ cache }),
    await keyOf({ cache, action: "other" }),
    await keyOf({ cache, connector: "other" }),
    await keyOf({ cache, namespace: "other" }),
    await keyOf({ cache, version: "2.0.0" }),
    await keyOf({ cache }, { connection: "ann" }),
    await keyOf({}, { cache }),
    await keyOf({}, { cache, connection: "ann" }),
  ];
  expect(keys).not.toContain(undefined);
  expect(new Set(keys).size).toBe(keys.length);
  expect(await keyOf({ cache: {} })).toBe(keys[0]);
});

test("what is told of its run is kept by nobody's default, for its input is not all it answers by", async () => {
  const cache = { ttlMs: 60_000 };
  for (const need of ["inputs", { previous_steps: ["a"] }])
    expect(await keyOf({ cache, context: ["environment", need] }), JSON.stringify(need)).toBeUndefined();
  for (const context of [[], ["environment"], [{ previous_steps: [] }]])
    expect(await keyOf({ cache, context }), JSON.stringify(context)).toBe(await keyOf({ cache }));
  // Whoever writes the step knows what its runs are told.
  expect(await keyOf({ cache, context: ["inputs"] }, { cache: { key: "k" } })).toBe('["execute","call","k"]');
});

test("a step without a connection keeps under what it always kept", async () => {
  expect(await keyOf({}, { cache: { ttlMs: 1 } })).toBe('["execute","call",{"id":1}]');
});
