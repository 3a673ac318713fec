import { expect, test } from "vitest";
import { actionStep, ok, planOf } from "../testing.ts";
import { refusalOf } from "./authorization.ts";
import { newRun } from "./new-run.ts";
import { transition } from "./transition.ts";

const principal = { roles: ["ops"], permissions: ["a", "b"] };

test("any of the roles is enough, all of the permissions are needed", () => {
  expect(refusalOf(undefined, principal)).toBeUndefined();
  expect(refusalOf({ roles: ["admin", "ops"], permissions: ["a", "b"] }, principal)).toBeUndefined();
  expect(refusalOf({ roles: ["admin"] }, principal)).toContain("admin");
  expect(refusalOf({ permissions: ["a", "c"] }, principal)).toBe("the permissions c are needed");
  expect(refusalOf({ enabled: false, roles: ["admin"] }, principal)).toBeUndefined();
});

test("a step that refuses who started the execution fails with FORBIDDEN and is never called", () => {
  const plan = planOf([actionStep("a"), actionStep("b", { authorization: { roles: ["admin"] } })]);
  const run = (roles: string[]) => {
    const state = newRun({ executionId: "exec_test", runAttempt: 1 });
    transition(plan, state, { type: "start", inputs: {}, principal: { roles, permissions: [] } }, 1);
    transition(plan, state, { type: "result", path: "a", attempt: 1, result: ok(1) }, 2);
    return state;
  };
  expect(run(["ops"]).error).toMatchObject({ code: "FORBIDDEN", details: { step: "b" } });
  expect(run(["admin"]).open.has("b")).toBe(true);
});

test("without a principal a step that asks for one is refused", () => {
  const state = newRun({ executionId: "exec_test", runAttempt: 1 });
  const plan = planOf([actionStep("a", { authorization: { permissions: ["x"] } })]);
  transition(plan, state, { type: "start", inputs: {} }, 1);
  expect(state.error?.code).toBe("FORBIDDEN");
});
