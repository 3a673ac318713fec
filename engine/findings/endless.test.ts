import { describe, expect, test } from "vitest";
import { found } from "./analyse-for-test.ts";

const step = (id: string, more = "") => `{id: ${id}, plugin: p, action: a${more}}`;
const graph = (edges: string, more = "") =>
  found(`${more}nodes: [${step("a")}, ${step("b")}]\nedges: [${edges}]\n`).map((line) => line.split(" ", 2).join(" "));

describe("graphs", () => {
  test("a circle without a condition has no end", () => {
    expect(graph("{from: a, to: b}, {from: b, to: a}")).toEqual(["warning endless-cycle"]);
    expect(graph("{from: a, to: b}, {from: b, to: b, when: true}")).toEqual(["warning endless-cycle"]);
  });

  test("a condition, a budget or a time limit ends it", () => {
    expect(graph("{from: a, to: b}, {from: b, to: a, when: output.more}")).toEqual([]);
    expect(graph("{from: a, to: b, when: output.more, priority: -1}, {from: a, to: a}")).toEqual([]);
    expect(graph("{from: a, to: b}, {from: b, to: a}", "budget: {max_steps: 10}\n")).toEqual([]);
    expect(graph("{from: a, to: b}, {from: b, to: a}", "timeout: 60\n")).toEqual([]);
    expect(graph("{from: a, to: b}, {from: b, to: a}", "budget: {hold: 60}\n")).toEqual(["warning endless-cycle"]);
  });

  test("a long-running graph that only its budget ends is worth knowing", () => {
    expect(graph("", "mode: long_running\nbudget: {max_messages: 5}\n")).toEqual(["info ends-only-by-budget"]);
    expect(graph("", "mode: long_running\nbudget: {max_messages: 5}\nidle: complete\n")).toEqual([]);
    expect(graph("", "mode: long_running\nuntil: graph.state.done\n")).toEqual([]);
  });
});

describe("workflows that call themselves", () => {
  const calls = (text: string) =>
    found(`name: Count Down\nversion: 1.2.0\n${text}\n`).filter((it) => it.includes("recursion"));

  test("in every run never end", () => {
    expect(calls("steps: [{id: c, workflow: count-down}]")).toEqual(["warning endless-recursion count"]);
    expect(calls("steps: [{id: t, type: try, steps: [{id: c, workflow: Count Down, version: 1.2.0}]}]")).toHaveLength(
      1,
    );
  });

  test("end where a condition, a branch or a list decides, or another version is meant", () => {
    expect(calls("steps: [{id: c, workflow: count-down, condition: inputs.n > 0}]")).toEqual([]);
    expect(calls("steps: [{id: i, type: if, condition: inputs.n, then: [{id: c, workflow: count-down}]}]")).toEqual([]);
    expect(calls("steps: [{id: c, workflow: count-down, for_each: inputs.xs}]")).toEqual([]);
    expect(calls("steps: [{id: c, workflow: count-down, version: 1.1.0}]")).toEqual([]);
    expect(calls("steps: [{id: c, workflow: count-up}]")).toEqual([]);
  });
});

describe("loops", () => {
  const over = (input: string, more = "", plugin: "http" | "toolbox" = "http") =>
    found(`inputs: {xs: ${input}}\nsteps: [${step("a", `, for_each: inputs.xs${more}`)}]\n`, { a: { plugin } });

  test("over an input without a bound are worth knowing where they call something outside", () => {
    expect(over("{type: array}")).toEqual(["info unbounded-loop inputs.xs"]);
    expect(over("{type: array}", ", parallel: true")).toHaveLength(1);
    expect(over("{type: array, maxItems: 50}")).toEqual([]);
    expect(over("{type: array}", "", "toolbox")).toEqual([]);
    expect(
      found(`inputs: {xs: {}}\nsteps: [{id: f, type: forEach, items: inputs.xs, steps: [${step("a")}]}]\n`),
    ).toEqual(["info unbounded-loop inputs.xs"]);
  });
});

describe("waiting and trying", () => {
  test("a wait for an event that nothing ends", () => {
    const wait = (until: string, more = "") => found(`${more}steps: [{id: w, type: wait, until: ${until}}]\n`);
    expect(wait("{event: e}")).toEqual(["info wait-without-timeout {event"]);
    expect(wait("{event: e, timeout: 60}")).toEqual([]);
    expect(wait("{time: '2030-01-01T00:00:00Z'}")).toEqual([]);
    expect(wait("{event: e}", "timeout: 60\n")).toEqual([]);
    expect(found("steps: [{id: p, timeout: 9, parallel: [{id: w, type: wait, until: {event: e}}]}]\n")).toEqual([]);
  });

  test("very many attempts", () => {
    expect(found(`steps: [${step("a", ", retry: {max_attempts: 50}")}]\n`)).toEqual([
      "info many-attempts {max_attempts",
    ]);
    expect(found(`steps: [${step("a", ", retry: {max_attempts: 50, backoff: none}")}]\n`)).toEqual([]);
    expect(found(`steps: [${step("a", ", retry: {max_attempts: 20}")}]\n`)).toEqual([]);
    expect(found(`retry: {max_attempts: 21}\nsteps: [${step("a")}]\n`)).toEqual(["info many-attempts {max_attempts"]);
  });

  test("a block with a wait in it that is tried again", () => {
    const block = (retry: string) =>
      found(`steps: [{id: t, type: try${retry}, steps: [{id: w, type: wait, duration: 60}]}]\n`);
    expect(block(", retry: {max_attempts: 3}")).toEqual(["info retry-around-wait {max_attempts"]);
    expect(block(", retry: {max_attempts: 1}")).toEqual([]);
    expect(block("")).toEqual([]);
  });
});
