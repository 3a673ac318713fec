import { describe, expect, test } from "vitest";
import type { Plan } from "../../engine/plan/types.ts";
import type { StampedEvent } from "../../engine/run/types.ts";
import { FreshUsage } from "./fresh-usage.ts";

const PLAN = { byAddress: new Map() } as unknown as Plan;
const started = { seq: 1, at: 5, type: "workflow.started" } as unknown as StampedEvent;
const paused = (seq: number) => ({ seq, at: 6, type: "workflow.paused", actor: "key_1" }) as unknown as StampedEvent;

describe("usage that was just written", () => {
  test("is taken once; the log has the rest", () => {
    const fresh = new FreshUsage();
    fresh.written("exec_1", PLAN, [started]);
    fresh.written("exec_1", PLAN, [paused(2)]);
    expect(fresh.take("exec_1")).toMatchObject({ facts: ["[1,5,1]"], acts: [{ seq: 2 }], upTo: 2 });
    expect(fresh.take("exec_1")).toBeUndefined();
    fresh.written("exec_1", PLAN, [paused(3)]);
    expect(fresh.take("exec_1")).toBeUndefined();
  });

  test("is forgotten where one event is missing in between", () => {
    const fresh = new FreshUsage();
    fresh.written("exec_1", PLAN, [started]);
    fresh.written("exec_1", PLAN, [paused(3)]);
    expect(fresh.take("exec_1")).toBeUndefined();
  });

  test("is forgotten, all of it, before it grows without bound", () => {
    const fresh = new FreshUsage();
    fresh.written("exec_0", PLAN, [started]);
    for (let index = 1; index <= 20_000; index += 1) fresh.written(`exec_${index}`, PLAN, [started]);
    expect(fresh.take("exec_0")).toBeUndefined();
    fresh.written("exec_new", PLAN, [started]);
    expect(fresh.take("exec_new")).toBeDefined();
  });
});
