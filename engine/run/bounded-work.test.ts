import { describe, expect, test } from "vitest";
import type { StepDefinition, WorkflowDefinition } from "../definition/types.ts";
import type { Json, JsonObject } from "../json.ts";
import type { Plan } from "../plan/types.ts";
import { actionStep, ok, planOf } from "../testing.ts";
import { newRun } from "./new-run.ts";
import type { RunState } from "./state.ts";
import { transition } from "./transition.ts";
import type { EngineInput, StampedEvent } from "./types.ts";

/** An expression of about `count` operations. */
const costly = (count: number): string => `{% for x in range(${count / 2}) %}{% endfor %}`;
const output = (id: string, value: Json): StepDefinition => ({ kind: "output", id, value });
const long = Array.from({ length: 1_000 }, (_, index) => index);

/** The events of each transition of a run that only goes on by itself. */
function turnsOf(plan: Plan, inputs: JsonObject, then: EngineInput[] = []): [RunState, StampedEvent[][]] {
  const state = newRun({ executionId: "exec_test", runAttempt: 1 });
  const turns: StampedEvent[][] = [];
  const waiting: EngineInput[] = [{ type: "start", inputs }, ...then];
  for (let input = waiting.shift(); input; input = waiting.shift()) {
    const { events, effects } = transition(plan, state, input, turns.length + 1);
    turns.push(events);
    if (turns.length > 5_000) throw new Error("the run goes on and on");
    if (effects.some(({ type }) => type === "continue")) waiting.push({ type: "continue" });
  }
  return [state, turns];
}

function graph(nodes: StepDefinition[], fields: Partial<NonNullable<WorkflowDefinition["graph"]>>): Plan {
  return planOf(nodes, { graph: { mode: "long_running", nodes, edges: [], ...fields } });
}

/** The most events of one type in one transition. */
function most(turns: StampedEvent[][], type: StampedEvent["type"]): number {
  return Math.max(...turns.map((events) => events.filter((event) => event.type === type).length));
}

describe("a transition goes on in the next one", () => {
  test("after expressions of 200,000 operations, wherever they stand in a loop", () => {
    const body = [output("a", costly(40_000)), { ...output("b", 1), condition: `${costly(40_000)}true` }];
    const plan = planOf([{ kind: "forEach", id: "f", items: "{{ inputs.xs }}", steps: body }]);
    const [state, turns] = turnsOf(plan, { xs: long.slice(0, 50) });
    expect(state.status).toBe("completed");
    expect(state.instances.get("f")?.output).toMatchObject({ successCount: 50 });
    expect(most(turns, "step.completed")).toBeLessThanOrEqual(10);
  });

  test("after as much work of JSONPath", () => {
    const step: StepDefinition = {
      kind: "transform",
      id: "t",
      language: "jsonpath",
      expression: "$..x",
      input: "{{ inputs.xs }}",
    };
    const plan = planOf([{ kind: "forEach", id: "f", items: "{{ inputs.xs }}", steps: [step] }]);
    const [state, turns] = turnsOf(plan, { xs: long });
    expect(state.status).toBe("completed");
    expect(most(turns, "step.completed")).toBeLessThanOrEqual(200);
  });

  test("after recording some megabytes, though every expression only hands a value on", () => {
    const plan = planOf([
      { kind: "forEach", id: "f", items: "{{ inputs.xs }}", steps: [output("a", "{{ inputs.big }}")] },
    ]);
    const [state, turns] = turnsOf(plan, { xs: long.slice(0, 64), big: [{ text: "x".repeat(1_000_000) }] });
    expect(state.status).toBe("completed");
    expect(Math.max(...turns.map((events) => JSON.stringify(events).length))).toBeLessThan(6_000_000);
  });

  test("while many nodes of a graph have something to send over edges that are hard to decide", () => {
    const names = long.slice(1, 40).map((index) => `n${index}`);
    const nodes = [output("n0", 0), ...names.map((name) => actionStep(name))];
    const edges = names.map((to) => ({ from: "n0", to }));
    const heavy = names.map((from) => ({ from, to: "n0", when: "(range(80000) | length) < 0" }));
    const answers = names.map((path): EngineInput => ({ type: "result", path, attempt: 1, result: ok(1) }));
    const plan = graph(nodes, { start: "n0", edges: [...edges, ...heavy], idle: "complete" });
    const [state, turns] = turnsOf(plan, {}, [{ type: "pause" }, ...answers, { type: "resume" }]);
    expect(state.status).toBe("completed");
    expect(most(turns, "node.idle")).toBeLessThanOrEqual(4);
  });

  test("with `until` at the bound of an expression, and comes to the end all the same", () => {
    const nodes = long.slice(0, 20).map((index) => output(`n${index}`, index));
    const edges = nodes.slice(1).map(({ id }) => ({ from: "n0", to: id }));
    const until = "(range(90000) | length) < 0";
    const [state] = turnsOf(graph(nodes, { start: "n0", edges, until, idle: "complete" }), {});
    expect(state.status).toBe("completed");
  });
});
