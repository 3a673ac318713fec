import { expect, test } from "vitest";
import { readWorkflows } from "../../engine/definition/read-workflows.ts";
import { analyse } from "../../engine/findings/analyse.ts";
import { type ConformanceCase, loadCases } from "./conformance-case.ts";
import { sourceOf } from "./pins.ts";

/**
 * Cases that say how many step runs or calls a run took that completed: what an estimate has to hold of. It is of one
 * attempt at the run, and of connections that are there.
 */
const COUNTED = loadCases().filter(
  ({ happen = [], expect: { status, step_runs, calls, refused } }) =>
    status === "completed" &&
    refused === undefined &&
    (step_runs !== undefined || calls !== undefined) &&
    !happen.some(({ retry, signal }) => retry !== undefined || signal?.name === "smartify:connection"),
);

function estimated(one: ConformanceCase) {
  const [workflow] = readWorkflows(JSON.stringify({ name: "case", ...one.workflow }), "json").workflows;
  if (workflow === undefined) throw new Error(`no workflow: ${one.case}`);
  const called = readWorkflows(JSON.stringify({ workflows: one.workflows ?? [{ name: "nobody" }] }), "json").workflows;
  return analyse(
    workflow,
    sourceOf(
      workflow.definition,
      called.map(({ definition }) => definition),
    ),
  ).estimate;
}

test("there are cases of every kind that say how much a run took", () => {
  expect(COUNTED.length).toBeGreaterThan(50);
});

test.each(COUNTED.map((one): [string, ConformanceCase] => [`${one.topic}: ${one.case}`, one]))(
  "what the run took lies within its estimate: %s",
  (_, one) => {
    const { step_runs: metered, calls } = one.expect;
    // An estimate counts what called workflows take, too; the meter of their caller does not.
    const took = (one.workflows ? calls?.length : (metered ?? calls?.length)) ?? 0;
    const { least, most } = estimated(one).stepRuns;
    expect(least).toBeLessThanOrEqual(took);
    expect(most ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(took);
  },
);
