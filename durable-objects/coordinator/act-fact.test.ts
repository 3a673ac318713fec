import { expect, test } from "vitest";
import type { EngineEvent } from "../../engine/run/types.ts";
import { actFact } from "./act-fact.ts";

const CANCELED = { code: "CANCELED", message: "why" } as const;

function actOf(event: EngineEvent) {
  const fact = actFact(event, 7, 1_000);
  return fact && [fact.action, fact.actor, fact.step];
}

test("what somebody did to an execution is an act of theirs", () => {
  expect(actOf({ type: "workflow.paused", actor: "key_a" })).toEqual(["execution.paused", "key_a", undefined]);
  expect(actOf({ type: "workflow.resumed", actor: "key_a" })).toEqual(["execution.resumed", "key_a", undefined]);
  const migrated = { type: "workflow.migrated" as const, plan: "two", version: "2.0.0", actor: "key_a" };
  expect(actOf(migrated)).toEqual(["execution.migrated", "key_a", undefined]);
  const retried = { type: "workflow.retried" as const, run_attempt: 2, from: [], actor: "key_a" };
  expect(actOf(retried)).toEqual(["execution.retried", "key_a", undefined]);
  const stopping = { type: "workflow.stopping", reason: "shutdown", graceful: true, actor: "key_a" } as const;
  expect(actOf(stopping)).toEqual(["execution.shut_down", "key_a", undefined]);
  const canceled = { type: "workflow.canceled", error: CANCELED, actor: "key_a" } as const;
  expect(actOf(canceled)).toEqual(["execution.canceled", "key_a", undefined]);
  const decided = { type: "approval.decided", path: "sign[1]", decision: "reject", by: "key_b" } as const;
  expect(actOf(decided)).toEqual(["approval.decided", "key_b", "sign[1]"]);
  expect(actOf({ ...decided, path: "" })).toEqual(["approval.decided", "key_b", "workflow"]);
});

test("what a run did by itself is nobody's act", () => {
  expect(actOf({ type: "workflow.paused", reason: "budget" })).toBeUndefined();
  expect(actOf({ type: "workflow.canceled", error: CANCELED })).toBeUndefined();
  expect(actOf({ type: "approval.decided", path: "sign", decision: "reject", by: null })).toBeUndefined();
  expect(actOf({ type: "approval.decided", path: "sign", decision: "escalate", by: "x" })).toBeUndefined();
  expect(actOf({ type: "workflow.started" })).toBeUndefined();
});
