import { describe, expect, test } from "vitest";
import type { PlanSource } from "../plan/types.ts";
import { analysed, sourceOf, type TestPins } from "./analyse-for-test.ts";

const step = (id: string, more = "") => `{id: ${id}, plugin: p, action: ${id}, retry: {max_attempts: 2}${more}}`;
const [a, b, c] = [step("a"), step("b"), step("c")];

/** `least–most` of steps and step runs. */
function counted(text: string, pins?: TestPins, workflows?: PlanSource["workflows"]): string {
  const { steps, stepRuns } = analysed(text, pins, workflows).estimate;
  return `${steps.least}–${steps.most ?? "∞"} steps, ${stepRuns.least}–${stepRuns.most ?? "∞"} runs`;
}

describe("sequences", () => {
  test("add up, and each attempt is a run", () => {
    expect(counted(`steps: [${a}, ${b}]\n`)).toBe("2–2 steps, 2–4 runs");
    expect(counted("steps: [{id: a, plugin: p, action: a}]\n")).toBe("1–1 steps, 1–3 runs");
    expect(counted("retry: {max_attempts: 5}\nsteps: [{id: a, plugin: p, action: a}]\n")).toBe("1–1 steps, 1–5 runs");
    expect(counted("steps: [{id: a, plugin: p, action: a}]\n", { a: { retry: { maxAttempts: 7 } } })).toBe(
      "1–1 steps, 1–7 runs",
    );
    expect(counted("steps: [{id: w, type: wait, duration: 1}, {id: o, type: output, value: 1}]\n")).toBe(
      "2–2 steps, 0–0 runs",
    );
    expect(
      counted(
        "steps: [{id: t, type: transform, language: template, expression: x}, {id: j, type: transform, language: jq, expression: ., retry: {max_attempts: 1}}]\n",
      ),
    ).toBe("2–2 steps, 1–1 runs");
  });

  test("count calls by action", () => {
    const { actions, executions } = analysed(
      `steps: [${a}, {id: again, plugin: p, action: a, condition: inputs.x}, ${b}]\n`,
      { a: { namespace: "community", connector: "http" } },
    ).estimate;
    expect(actions).toEqual({ "community/http.a": { least: 1, most: 2 }, "test/p.b": { least: 1, most: 1 } });
    expect(executions).toEqual({ least: 1, most: 1 });
  });

  test("a condition may leave a step out, and a cache its call", () => {
    expect(counted(`steps: [${step("a", ", condition: inputs.x")}]\n`)).toBe("0–1 steps, 0–2 runs");
    expect(counted(`steps: [${step("a", ", condition: true")}]\n`)).toBe("1–1 steps, 1–2 runs");
    expect(counted(`steps: [${step("a", ", condition: false")}]\n`)).toBe("0–0 steps, 0–0 runs");
    expect(counted(`steps: [${step("a", ", cache: {ttl: 60}")}]\n`)).toBe("1–1 steps, 0–2 runs");
    expect(counted(`steps: [${a}]\n`, { a: { cache: {} } })).toBe("1–1 steps, 0–2 runs");
    expect(counted(`steps: [${step("a", ", cache: {ttl: 0}")}]\n`, { a: { cache: {} } })).toBe("1–1 steps, 1–2 runs");
  });
});

describe("branches", () => {
  test("of which one is taken give the least and the most of them", () => {
    expect(counted(`steps: [{id: i, type: if, condition: inputs.x, then: [${a}, ${b}]}]\n`)).toBe(
      "1–3 steps, 0–4 runs",
    );
    expect(counted(`steps: [{id: i, type: if, condition: inputs.x, then: [${a}, ${b}], else: [${c}]}]\n`)).toBe(
      "2–3 steps, 1–4 runs",
    );
    expect(counted(`steps: [{id: i, type: if, condition: true, then: [${a}, ${b}], else: [${c}]}]\n`)).toBe(
      "3–3 steps, 2–4 runs",
    );
    const choice = (value: string, more: string) =>
      counted(`steps: [{id: s, type: switch, value: ${value}, cases: {k: [${a}, ${b}]}${more}}]\n`);
    expect(choice('"{{ inputs.x }}"', `, default: [${c}]`)).toBe("2–3 steps, 1–4 runs");
    expect(choice('"{{ inputs.x }}"', "")).toBe("1–3 steps, 0–4 runs");
    expect(choice("k", "")).toBe("3–3 steps, 2–4 runs");
    expect(choice("2", `, default: [${c}]`)).toBe("2–2 steps, 1–2 runs");
  });

  test("that run at once add up, and a join may let the larger ones go", () => {
    expect(counted(`steps: [{id: p, parallel: [${a}, ${b}]}]\n`)).toBe("3–3 steps, 2–4 runs");
    const parallel = (join: string) =>
      counted(`steps: [{id: p, type: parallel, join: ${join}, branches: {x: [${a}, ${b}], y: [${c}]}}]\n`);
    expect(parallel("all")).toBe("4–4 steps, 3–6 runs");
    expect(parallel("any")).toBe("2–4 steps, 1–6 runs");
    expect(parallel("{count: 2}")).toBe("4–4 steps, 3–6 runs");
    expect(
      counted(
        `steps: [{id: p, type: parallel, join: any, branches: {x: [${a}, ${b}], y: [{id: w, type: wait, duration: 1}]}}]\n`,
      ),
    ).toBe("2–4 steps, 0–4 runs");
  });

  test("a try may do its catch instead, and everything again", () => {
    const block = (more: string) => counted(`steps: [{id: t, type: try, steps: [${a}, ${b}]${more}}]\n`);
    expect(block("")).toBe("3–3 steps, 2–4 runs");
    expect(block(`, finally: [${c}]`)).toBe("4–4 steps, 3–6 runs");
    expect(block(`, catch: [${c}]`)).toBe("2–4 steps, 1–6 runs");
    expect(block(", retry: {max_attempts: 3}")).toBe("3–7 steps, 2–12 runs");
  });

  test("what may fail without stopping the run promises only itself", () => {
    expect(counted(`steps: [{id: p, parallel: [${a}, ${b}], continue_on_error: true}]\n`)).toBe("1–3 steps, 0–4 runs");
    expect(counted(`steps: [${step("a", ", continue_on_error: true")}]\n`)).toBe("1–1 steps, 0–2 runs");
  });
});

describe("loops", () => {
  const over = (schema: string) => counted(`inputs: {xs: ${schema}}\nsteps: [${step("a", ", for_each: inputs.xs")}]\n`);

  test("run as often as their list may be long", () => {
    expect(counted(`steps: [${step("a", ", for_each: [1, 2, 3]")}]\n`)).toBe("3–3 steps, 3–6 runs");
    expect(counted(`steps: [${step("a", ', for_each: "{{ range(4) }}"')}]\n`)).toBe("4–4 steps, 4–8 runs");
    expect(over("{type: array}")).toBe("0–∞ steps, 0–∞ runs");
    expect(over("{type: array, minItems: 2, maxItems: 5}")).toBe("0–5 steps, 0–10 runs");
    expect(over("{type: array, minItems: 2, maxItems: 5, required: true}")).toBe("2–5 steps, 2–10 runs");
    expect(counted(`steps: [{id: f, type: forEach, items: [1, 2], steps: [${a}, ${b}]}]\n`)).toBe(
      "5–5 steps, 4–8 runs",
    );
    expect(
      counted(`steps: [{id: f, type: forEach, items: [1, 2], steps: [${step("a", ", for_each: inputs.ys")}]}]\n`),
    ).toBe("1–∞ steps, 0–∞ runs");
  });

  test("over nothing take nothing, however unbounded what is in them", () => {
    expect(
      counted(`steps: [{id: f, type: forEach, items: [], steps: [${step("a", ", for_each: inputs.ys")}]}]\n`),
    ).toBe("1–1 steps, 0–0 runs");
  });
});

test("compensations may come on top", () => {
  expect(counted(`steps: [${step("a", `, compensate: [${b}]`)}, ${c}]\n`)).toBe("2–3 steps, 2–6 runs");
});

describe("graphs", () => {
  const graph = (edges: string, more = "") => counted(`${more}nodes: [${a}, ${b}, ${c}]\nedges: [${edges}]\n`);

  test("without circles take one way from the start to an end", () => {
    expect(graph("{from: a, to: b}, {from: b, to: c}")).toBe("3–3 steps, 3–6 runs");
    expect(graph("{from: a, to: b, when: output.x}, {from: a, to: c}")).toBe("2–2 steps, 2–4 runs");
    expect(graph("{from: a, to: b, when: output.x}, {from: b, to: c}")).toBe("1–3 steps, 1–6 runs");
    expect(graph("{from: b, to: c}")).toBe("1–1 steps, 1–2 runs");
    expect(graph("{from: a, to: b}", "start: b\n")).toBe("1–1 steps, 1–2 runs");
  });

  test("with circles are bounded by their budget only", () => {
    const circle = "{from: a, to: b}, {from: b, to: a, when: output.more}, {from: b, to: c}";
    expect(graph(circle)).toBe("3–∞ steps, 3–∞ runs");
    expect(graph(circle, "budget: {max_steps: 10}\n")).toBe("3–11 steps, 3–22 runs");
    expect(graph("{from: a, to: a}")).toBe("1–∞ steps, 1–∞ runs");
  });

  test("with more ways than may be looked at promise the start's share only", () => {
    const count = 600;
    const nodes = Array.from({ length: count }, (_, n) => step(`n${n}`));
    const edges = nodes.map(
      (_, n) => `{from: n${n}, to: n${(n + 1) % count}${n === count - 1 ? ", when: output.x" : ""}}`,
    );
    const { steps, actions } = analysed(`nodes: [${nodes.join(", ")}]\nedges: [${edges.join(", ")}]\n`).estimate;
    expect(steps).toEqual({ least: 1, most: null });
    expect(Object.keys(actions)).toHaveLength(count);
  });

  test("that run long are bounded by the messages or steps of their budget", () => {
    const long = "mode: long_running\nidle: complete\n";
    expect(graph("", `${long}budget: {max_messages: 4}\n`)).toBe("0–12 steps, 0–24 runs");
    expect(graph("", `${long}start: a\nbudget: {max_messages: 4, max_steps: 2}\n`)).toBe("1–6 steps, 1–12 runs");
    expect(graph("", `${long}budget: {max_seconds: 4}\n`)).toBe("0–∞ steps, 0–∞ runs");
  });

  test("may run what a node does at shutdown", () => {
    expect(counted(`nodes: [${step("a", `, on_shutdown: [${b}]`)}]\n`)).toBe("1–2 steps, 1–4 runs");
  });
});

describe("subworkflows", () => {
  const child = sourceOf("name: child\nsteps: [{id: x, plugin: p, action: x, retry: {max_attempts: 2}}]\n");

  test("count with the run that calls them", () => {
    const { estimate } = analysed(
      "steps: [{id: s, workflow: child, retry: {max_attempts: 1}}, {id: t, workflow: child, retry: {max_attempts: 3}}]\n",
      {},
      { "child@": child },
    );
    expect(estimate).toMatchObject({
      steps: { least: 4, most: 6 },
      stepRuns: { least: 2, most: 8 },
      executions: { least: 3, most: 5 },
      actions: { "test/p.x": { least: 2, most: 4 } },
    });
  });

  test("that are not pinned, or call themselves, have no bound", () => {
    expect(counted("steps: [{id: s, workflow: child}]\n")).toBe("1–∞ steps, 0–∞ runs");
    expect(counted(`steps: [${a}, {id: s, workflow: test, condition: inputs.x}]\n`, {}, { "test@": "self" })).toBe(
      "1–∞ steps, 1–∞ runs",
    );
  });
});
