import { beforeAll, describe, expect, test } from "vitest";
import { definitionOf, evaluate, type Outcome } from "./evaluate.ts";
import { EXPRESSIONS, FAILING, INPUTS, REFUSED, TEMPLATES } from "./expression-table.ts";
import { isMap, read } from "./json.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();

const rows = [
  ...Object.values(EXPRESSIONS).flatMap((list) => list.map(([text, value]) => ({ text: `{{ ${text} }}`, value }))),
  ...TEMPLATES.map(([text, value]) => ({ text, value })),
];

test("the table holds at least 120 expressions, each once", () => {
  expect(rows.length).toBeGreaterThanOrEqual(120);
  expect(new Set(rows.map(({ text }) => text)).size).toBe(rows.length);
});

describe("a template has exactly the value and the type that section 6 gives it", () => {
  const outcomes = new Map<string, Outcome>();

  beforeAll(async () => {
    for (let from = 0; from < rows.length; from += 32) {
      const batch = rows.slice(from, from + 32);
      const evaluated = await evaluate(
        outside.api,
        batch.map(({ text }) => text),
      );
      batch.forEach(({ text }, at) => {
        const outcome = evaluated[at];
        if (outcome !== undefined) outcomes.set(text, outcome);
      });
    }
  });

  test.each(rows)("$text", ({ text, value }) => {
    expect(outcomes.get(text)).toStrictEqual({ value });
  });
});

describe("an expression that cannot be evaluated fails the run with VALIDATION", () => {
  test.each(FAILING)("%s (%s)", async (text) => {
    const [outcome] = await evaluate(outside.api, [`{{ ${text} }}`]);
    expect(outcome).toMatchObject({ failed: { code: "VALIDATION" } });
  });
});

describe("an expression that is wrong is refused before anything runs, with its place", () => {
  test.each(REFUSED)("%s (%s)", async (text) => {
    const definition = definitionOf({ wrong: `{{ ${text} }}` });
    const validated = await outside.api.post("/workflows/validate", definition);
    expect(validated.status).toBe(200);
    expect(validated.body).toMatchObject({ valid: false });
    const problems = read(validated.body, "problems");
    expect(problems).toMatchObject([{ path: expect.stringContaining("/outputs/wrong"), message: expect.any(String) }]);

    const started = await outside.api.start({ definition, inputs: INPUTS });
    expect(started.status).toBe(400);
    expect(started.body).toMatchObject({ code: "VALIDATION", details: { problems: expect.any(Array) } });
  });

  test("a mistyped filter comes with the nearest name", async () => {
    const answer = await outside.api.post("/workflows/validate", definitionOf({ wrong: "{{ 'a' | uper }}" }));
    expect(answer.body).toMatchObject({ valid: false, problems: [{ suggestion: "upper" }] });
  });
});

describe("evaluation is bounded and names the bound that was passed", () => {
  const nested = "{% for a in range(400) %}{% for b in range(400) %}{{ a + b }}{% endfor %}{% endfor %}";

  test("operations: 100,000", async () => {
    const [outcome] = await evaluate(outside.api, [nested]);
    expect(outcome).toMatchObject({ failed: { code: "VALIDATION", details: { limit: "operations" } } });
  });

  test("produced text: 1 MiB", async () => {
    const big = "x".repeat(150_000);
    const definition = definitionOf({ big: "{{ inputs.s }}".repeat(8) });
    const run = await outside.api.run(definition, { ...INPUTS, s: big });
    expect(run).toMatchObject({ status: "failed", error: { code: "VALIDATION", details: { limit: "text_bytes" } } });
  });

  test("depth: 64", async () => {
    const [outcome] = await evaluate(outside.api, [`{{ ${"[".repeat(80)}${"]".repeat(80)} }}`]);
    expect(outcome).not.toHaveProperty("value");
    const said =
      outcome !== undefined && "failed" in outcome ? outcome.failed : read(isMap(outcome) ? outcome : {}, "refused");
    expect(said).toMatchObject({ code: "VALIDATION" });
  });

  test("depth 60 is well inside", async () => {
    const [outcome] = await evaluate(outside.api, [`{{ ${"(".repeat(40)}1${")".repeat(40)} }}`]);
    expect(outcome).toStrictEqual({ value: 1 });
  });
});

describe("data is never evaluated again", () => {
  test("a template inside an input stays text on its way through a step", async () => {
    const run = await outside.api.run(
      {
        name: "Outside data",
        inputs: { text: { type: "string" } },
        steps: [
          {
            id: "shout",
            connector: "connector:community/text@1.0.0",
            action: "template",
            input: { template: "{{ inputs.text }}" },
          },
        ],
        outputs: { text: "{{ steps.shout.output.text }}" },
      },
      { text: "{{ 1 + 1 }}" },
    );
    expect(run).toMatchObject({ status: "completed", result: { outputs: { text: "{{ 1 + 1 }}" } } });
  });
});

describe("strict", () => {
  test("a missing member is an error that names it", async () => {
    const run = await outside.api.run({ ...definitionOf({ x: "{{ inputs.m.absent }}" }), strict: true }, INPUTS);
    expect(run).toMatchObject({
      status: "failed",
      error: { code: "VALIDATION", message: expect.stringContaining("absent") },
    });
  });

  test("default and is defined may still look", async () => {
    const run = await outside.api.run(
      {
        ...definitionOf({ a: "{{ inputs.m.absent | default('d') }}", b: "{{ inputs.m.absent is defined }}" }),
        strict: true,
      },
      INPUTS,
    );
    expect(run).toMatchObject({ status: "completed", result: { outputs: { a: "d", b: false } } });
  });
});

describe("outputs", () => {
  test("a value may be a structure of templates", async () => {
    const outputs = {
      all: { value: { sum: "{{ steps.sum.output.result }}", list: ["{{ inputs.n }}", "n={{ inputs.n }}", 3] } },
    };
    const run = await outside.api.run(definitionOf(outputs), INPUTS);
    expect(run).toMatchObject({ result: { outputs: { all: { sum: 5, list: [7, "n=7", 3] } } } });
  });

  test("none declared: {}", async () => {
    const { outputs: _none, ...definition } = definitionOf({});
    const run = await outside.api.run(definition, INPUTS);
    expect(read(run, "result")).toStrictEqual({ outputs: {} });
  });
});
