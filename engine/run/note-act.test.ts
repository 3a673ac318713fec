import { expect, test } from "vitest";
import { actionStep, ok, planOf } from "../testing.ts";
import { fold } from "./apply.ts";
import { newRun } from "./new-run.ts";
import { transition } from "./transition.ts";
import type { RunCommand, StampedEvent } from "./types.ts";

const IDENTITY = { executionId: "exec_test", runAttempt: 1 };
const actOf = (key: string, body = "same") => ({ key, body });

function runOf() {
  const undo = [actionStep("undo")];
  const plan = planOf([
    { ...actionStep("a"), compensate: undo },
    { kind: "wait", id: "gate", until: { event: "go" } },
  ]);
  const state = newRun(IDENTITY);
  const log: StampedEvent[] = [];
  const take = (input: Parameters<typeof transition>[2]) => {
    const done = transition(plan, state, input, state.at + 1);
    log.push(...done.events);
    return done;
  };
  take({ type: "start", inputs: {} });
  take({ type: "result", path: "a", attempt: 1, result: ok(1) });
  expect(state.status).toBe("waiting");
  return { plan, state, log, take, folded: () => fold(plan, IDENTITY, log) };
}

test("acts that find nothing to change are noted with their actor, and sent again later they change nothing", () => {
  const { state, take, log, folded } = runOf();
  const pause = (key: string, body?: string): RunCommand => ({ type: "pause", actor: "key_a", act: actOf(key, body) });
  take(pause("one"));
  expect(take({ ...pause("two"), reason: "why" } as RunCommand).events).toEqual([
    {
      type: "act.noted",
      action: "pause",
      reason: "why",
      actor: "key_a",
      act: actOf("two"),
      seq: state.seq,
      at: state.at,
    },
  ]);
  take({ type: "resume", act: actOf("three") });
  for (const key of ["one", "two", "three"]) expect(take(pause(key))).toEqual({ events: [], effects: [] });
  expect(take(pause("two", "other")).refusal).toMatchObject({ code: "CONFLICT" });
  expect(state.status).not.toBe("paused");
  take({ type: "cancel", compensate: true, act: actOf("four") });
  expect(state.ending?.status).toBe("canceled");
  expect(take({ type: "cancel", act: actOf("five") }).events).toMatchObject([{ type: "act.noted", action: "cancel" }]);
  expect(state.noted).toBe(2);
  expect(folded()).toMatchObject({ noted: 2, acts: state.acts, seq: log.length });
});

test("a run that waits goes on waiting when an act is noted, and events and decisions with a key count once", () => {
  const { state, take } = runOf();
  const event: RunCommand = { type: "signal", name: "other", payload: 1, actor: "key_a", act: actOf("one") };
  expect(take(event).events).toMatchObject([{ type: "signal.received", actor: "key_a", act: actOf("one") }]);
  expect(take(event)).toEqual({ events: [], effects: [] });
  expect(take({ ...event, act: actOf("one", "other") }).refusal).toMatchObject({ code: "CONFLICT" });
  expect(state).toMatchObject({ status: "waiting", signals: [{ payload: 1 }] });
});

test("no more than 1,000 acts that change nothing are noted; others are done all the same", () => {
  const { state, take } = runOf();
  take({ type: "pause", act: actOf("first") });
  for (let n = 0; n < 1_000; n++) take({ type: "pause", act: actOf(`n${n}`) });
  expect(state.noted).toBe(1_000);
  const seq = state.seq;
  expect(take({ type: "pause", act: actOf("more") }).refusal).toMatchObject({
    code: "RATE_LIMITED",
    details: { max: 1_000 },
  });
  expect(state.seq).toBe(seq);
  expect(take({ type: "resume", act: actOf("on") }).refusal).toBeUndefined();
  expect(take({ type: "pause", act: actOf("again") }).events).toMatchObject([{ type: "workflow.paused" }]);
});

test("an act without a key of its client's is not noted where it changes nothing", () => {
  const { state, take } = runOf();
  take({ type: "pause", act: actOf("first") });
  const ours = { ...actOf("req_1"), ours: true } as const;
  expect(take({ type: "pause", act: ours })).toEqual({ events: [], effects: [] });
  expect(state).toMatchObject({ status: "paused", noted: 0 });
});
