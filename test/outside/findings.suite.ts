import { Ajv } from "ajv";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { isMap, type Json, type JsonMap, parseJson, read, readList } from "./json.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();

const give = (id: string, value: Json = 1, more: JsonMap = {}): JsonMap => ({ id, type: "output", value, ...more });
const call = (id: string, input: JsonMap = { a: 1, b: 2 }, more: JsonMap = {}): JsonMap => ({
  id,
  connector: "connector:community/calculator@1.0.0",
  action: "add",
  input,
  ...more,
});

async function judge(definition: JsonMap): Promise<Json | undefined> {
  const answer = await outside.api.post("/workflows/validate", { name: "Outside findings", ...definition });
  expect(answer.status).toBe(200);
  return answer.body;
}

const codesIn = (body: Json | undefined): Json[] => readList(body, "findings").map((one) => read(one, "code") ?? null);

describe.concurrent("findings (POST /workflows/validate)", () => {
  const found: [string, JsonMap][] = [
    [
      "step-cannot-have-run",
      {
        steps: [
          {
            id: "i",
            type: "if",
            condition: "{{ today == 'x' }}",
            then: [give("a")],
            else: [give("b", "{{ steps.a.output.value }}")],
          },
        ],
      },
    ],
    ["step-cannot-have-run", { steps: [give("b")], concurrency: { key: "{{ steps.b.output }}", limit: 1 } }],
    [
      "step-inside-loop",
      { steps: [{ id: "f", type: "forEach", items: [1], steps: [give("x")] }, give("o", "{{ steps.x.output }}")] },
    ],
    ["step-order-not-guaranteed", { steps: [{ id: "p", parallel: [give("x"), give("y", "{{ steps.x.output }}")] }] }],
    [
      "step-may-be-skipped",
      {
        inputs: { n: {} },
        steps: [
          call("x", { a: 1, b: 2 }, { condition: "inputs.n" }),
          call("o", { a: "{{ steps.x.output.result }}", b: 1 }),
        ],
      },
    ],
    [
      "output-may-be-null",
      {
        inputs: { n: {} },
        steps: [give("x", 1, { condition: "inputs.n" })],
        outputs: { o: "{{ steps.x.output.value }}" },
      },
    ],
    ["unknown-member", { steps: [call("x"), give("o", "{{ steps.x.output.resultt }}")] }],
    ["input-does-not-fit", { steps: [call("x", { a: "text", b: 1 })] }],
    ["not-a-list", { steps: [{ id: "f", type: "forEach", items: "{{ 5 }}", steps: [give("x")] }] }],
    ["not-a-list", { steps: [{ id: "f", type: "forEach", items: 5, steps: [give("x")] }] }],
    ["not-a-list", { steps: [give("x", 1, { for_each: 5 })] }],
    ["not-a-list", { inputs: { n: { type: "integer" } }, steps: [give("x", 1, { for_each: "{{ inputs.n }}" })] }],
    [
      "unreachable-branch",
      { steps: [{ id: "i", type: "if", condition: false, then: [give("x")], else: [give("y")] }] },
    ],
    ["unreachable-node", { nodes: [give("a"), give("b")], edges: [], start: "a" }],
    ["unused-input", { inputs: { n: {} }, steps: [give("a")] }],
    ["endless-cycle", { nodes: [give("a")], edges: [{ from: "a", to: "a" }] }],
    ["wait-without-timeout", { steps: [{ id: "w", type: "wait", until: { event: "e" } }] }],
    ["ends-only-by-budget", { mode: "long_running", budget: { max_seconds: 60 }, nodes: [give("a")], edges: [] }],
  ];
  test.each(found)("%s is found, at its place, and does not keep anybody from publishing", async (code, definition) => {
    const body = await judge(definition);
    expect(body).toMatchObject({ valid: true, problems: [] });
    const one = readList(body, "findings").find((finding) => read(finding, "code") === code);
    expect([codesIn(body), one]).toMatchObject([
      expect.arrayContaining([code]),
      {
        path: expect.stringMatching(/^\//),
        message: expect.any(String),
        severity: expect.stringMatching(/^(warning|info)$/),
      },
    ]);
  });

  test("in YAML a finding has its line and column", async () => {
    const raw =
      'name: Placed\ninputs:\n  n: {type: integer}\nsteps:\n  - id: f\n    type: forEach\n    items: "{{ inputs.n }}"\n    steps: [{id: o, type: output, value: 1}]\n';
    const answer = await outside.api.yaml("/workflows/validate", raw);
    expect(readList(answer.body, "findings")).toMatchObject([
      { code: "not-a-list", line: 7, column: 12, path: "/steps/0/items" },
    ]);
  });

  test("nothing is found in a workflow that is as it should be", async () => {
    const body = await judge({
      inputs: { n: { type: "integer", required: true } },
      steps: [call("x", { a: "{{ inputs.n }}", b: 2 }), give("o", "{{ steps.x.output.result }}")],
      outputs: { sum: "{{ steps.o.output.value }}" },
    });
    expect(body).toMatchObject({ valid: true, problems: [], findings: [] });
  });

  test("what cannot be read has problems, no findings and no estimate", async () => {
    const answer = await outside.api.yaml("/workflows/validate", "name: [\n");
    expect(answer.body).toMatchObject({ valid: false, findings: [], estimate: null });
  });
});

describe.concurrent("the estimate", () => {
  test("counts steps, actions and step runs, with every retry in most", async () => {
    const retry = { max_attempts: 4, backoff: "none" };
    const body = await judge({
      name: "Outside estimate",
      inputs: { n: {} },
      steps: [
        call("a"),
        call("b", { a: 1, b: 2 }, { condition: "inputs.n", retry: { ...retry, backoff: "fixed" } }),
        { id: "f", type: "forEach", items: [1, 2, 3], steps: [call("c")] },
      ],
    });
    const estimate = read(body, "estimate.outside-estimate");
    expect(read(estimate, "actions")).toEqual({ "community/calculator.add": { least: 4, most: 5 } });
    expect(estimate).toMatchObject({
      step_runs: { least: 4, most: 3 + 4 + 9 },
      price: { currency: "USD", least: expect.any(Number), most: expect.any(Number), basis: expect.any(String) },
    });
  });

  test("what the definition does not bound is null", async () => {
    const steps = [call("a", { a: 1, b: 2 }, { for_each: "{{ inputs.xs }}" })];
    const body = await judge({ name: "Outside unbounded", inputs: { xs: { type: "array" } }, steps });
    expect(read(body, "estimate.outside-unbounded")).toMatchObject({
      actions: { "community/calculator.add": { least: 0, most: null } },
      step_runs: { least: 0, most: null },
    });
  });

  test("a bounded list bounds it, and what runs is within it", async () => {
    const definition = {
      name: "Outside bounded",
      inputs: { xs: { type: "array", minItems: 2, maxItems: 5, required: true } },
      steps: [call("a", { a: 1, b: 2 }, { for_each: "{{ inputs.xs }}", retry: { max_attempts: 1 } })],
    };
    const estimate = read(await judge(definition), "estimate.outside-bounded");
    expect(estimate).toMatchObject({ step_runs: { least: 2, most: 5 } });
    const run = await outside.api.run(definition, { xs: [1, 2, 3] });
    expect(read(run, "usage.step_runs")).toBe(3);
  });
});

describe.concurrent("GET /schema/workflow.json", () => {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  let validate: ReturnType<typeof ajv.compile> | undefined;

  beforeAll(async () => {
    const answer = await outside.api.get("/schema/workflow.json", { key: null });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toMatch(/json/);
    if (!isMap(answer.body)) throw new Error("not a map");
    validate = ajv.compile(answer.body);
  });

  /** null, or what the schema says against a file. */
  const check = (value: unknown): string | null => {
    if (validate === undefined) throw new Error("no schema");
    return validate(value) ? null : ajv.errorsText(validate.errors);
  };

  test("is open to everybody, and not sent again to whoever has it", async () => {
    const answer = await outside.api.get("/schema/workflow.json", { key: null });
    const etag = answer.headers.get("etag") ?? "";
    expect(etag).toMatch(/"/);
    const again = await outside.api.get("/schema/workflow.json", { key: null, headers: { "if-none-match": etag } });
    expect(again).toMatchObject({ status: 304, text: "" });
  });

  const EXAMPLES = join(import.meta.dirname, "../../examples");
  const files = readdirSync(EXAMPLES, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith("workflows.yaml"),
  );
  test.each(files)("accepts %s", async (file) => {
    expect(check(parse(readFileSync(join(EXAMPLES, file), "utf8")))).toBeNull();
  });

  test.each<[string, JsonMap]>([
    ["an unknown key", { name: "x", stepps: [] }],
    ["an unknown member of a step", { name: "x", steps: [{ ...call("a"), retries: 3 }] }],
    ["a branch that is no list", { name: "x", steps: [{ id: "i", type: "if", condition: true, then: 5 }] }],
    ["steps that are text", { name: "x", steps: "none" }],
    ["a mode that is none", { name: "x", mode: "sometimes", nodes: [give("a")], edges: [] }],
  ])("refuses %s, as the platform does", async (_name, definition) => {
    expect(check(definition)).not.toBeNull();
    const answer = await outside.api.post("/workflows/validate", definition);
    expect(answer.body).toMatchObject({ valid: false });
    expect(parseJson(answer.text)).toBeDefined();
  });
});
