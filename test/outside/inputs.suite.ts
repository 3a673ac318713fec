import { describe, expect, test } from "vitest";
import { type Json, type JsonMap, read, readList } from "./json.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();

const DECLARED: JsonMap = {
  text: { type: "string", minLength: 2 },
  number: { type: "number", minimum: 0, default: 1.5 },
  count: { type: "integer" },
  flag: { type: "boolean", default: false },
  map: { type: "object", properties: { a: { type: "integer" } } },
  list: { type: "array", items: { type: "string" }, default: [] },
  unit: { type: "string", enum: ["celsius", "fahrenheit"], default: "celsius" },
  needed: { type: "string", required: true },
  both: { type: "string", required: true, default: "given" },
  nullable: { type: ["string", "null"] },
  day: { type: "string", default: "{{ today }}" },
};

const DEFINITION: JsonMap = {
  name: "Outside inputs",
  inputs: DECLARED,
  steps: [{ id: "add", connector: "connector:community/calculator@1.0.0", action: "add", input: { a: 1, b: 2 } }],
  outputs: Object.fromEntries(Object.keys(DECLARED).map((name) => [name, `{{ inputs.${name} }}`])),
};

const run = (inputs: Json): Promise<{ status: number; body: Json | undefined; text: string }> =>
  outside.api.start({ definition: DEFINITION, inputs, execution_mode: "sync" });

describe("inputs", () => {
  test("defaults stand in, a default satisfies required, an absent optional one reads null", async () => {
    const answer = await run({ needed: "x" });
    expect(answer.body).toMatchObject({
      status: "completed",
      result: {
        outputs: {
          text: null,
          number: 1.5,
          count: null,
          flag: false,
          map: null,
          list: [],
          unit: "celsius",
          needed: "x",
          both: "given",
          nullable: null,
          day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
        },
      },
    });
  });

  test("values keep their types", async () => {
    const inputs = {
      needed: "x",
      text: "ab",
      number: 2,
      count: 3,
      flag: true,
      map: { a: 1, more: null },
      list: ["a"],
      unit: "fahrenheit",
      both: "b",
      nullable: null,
      day: "d",
    };
    const answer = await run(inputs);
    expect(read(answer.body, "result")).toStrictEqual({ outputs: inputs });
  });

  test.each([
    ["null where the input is optional without a default", { needed: "x", text: null }],
    ["null where the type allows it", { needed: "x", nullable: null }],
    ["an integer that is written 3.0", { needed: "x", count: 3.0 }],
  ])("%s is accepted", async (_name, inputs) => {
    expect((await run(inputs)).status).toBe(200);
  });

  const refused: [string, JsonMap, string][] = [
    ["a missing required one", {}, "needed"],
    ["an undeclared one", { needed: "x", other: 1 }, "other"],
    ["a mistyped name", { needed: "x", cuont: 1 }, "cuont"],
    ["text for an integer", { needed: "x", count: "3" }, "count"],
    ["a fraction for an integer", { needed: "x", count: 1.5 }, "count"],
    ["a number for text", { needed: 5 }, "needed"],
    ["a boolean of text", { needed: "x", flag: "true" }, "flag"],
    ["a list for a map", { needed: "x", map: [] }, "map"],
    ["a map for a list", { needed: "x", list: {} }, "list"],
    ["a wrong item", { needed: "x", list: ["a", 1] }, "list"],
    ["a wrong member", { needed: "x", map: { a: "1" } }, "map"],
    ["none of the enum", { needed: "x", unit: "kelvin" }, "unit"],
    ["too short a text", { needed: "x", text: "a" }, "text"],
    ["below the minimum", { needed: "x", number: -1 }, "number"],
    ["null where a default stands", { needed: "x", number: null }, "number"],
    ["null where it is required", { needed: null }, "needed"],
    ["a constructor", { needed: "x", constructor: 1 }, "constructor"],
  ];
  test.each(refused)("%s is refused and named", async (_name, inputs, field) => {
    const answer = await run(inputs);
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
    const problems = readList(answer.body, "details.problems");
    expect(problems.map((problem) => read(problem, "path"))).toContainEqual(expect.stringContaining(field));
  });

  test("all problems come at once, with path and message only", async () => {
    const answer = await run({ count: "x", unit: "kelvin", other: 1 });
    const problems = readList(answer.body, "details.problems");
    const paths = problems.map((problem) => String(read(problem, "path")));
    for (const name of ["count", "unit", "other", "needed"])
      expect(paths).toContainEqual(expect.stringContaining(name));
    for (const problem of problems) expect(problem).not.toHaveProperty("line");
  });

  test("__proto__ among the inputs is refused", async () => {
    const raw = `{"definition": ${JSON.stringify(DEFINITION)}, "inputs": {"needed": "x", "__proto__": {"text": "evil"}}}`;
    expect(await outside.api.request("POST", "/workflows/executions", { raw })).toMatchObject({ status: 400 });
    const deep = `{"definition": ${JSON.stringify(DEFINITION)}, "inputs": {"needed": "x", "map": {"__proto__": {"a": 1}}}}`;
    expect(await outside.api.request("POST", "/workflows/executions", { raw: deep })).toMatchObject({ status: 400 });
  });

  test.each([
    ["a list", []],
    ["text", "x"],
    ["a number", 1],
    ["null", null],
  ])("inputs that are %s are refused", async (_name, inputs) => {
    const answer = await run(inputs);
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
    expect(answer.text).toContain("inputs");
  });

  test("nothing is created by a refused start", async () => {
    const count = async (): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return readList((await outside.api.get("/workflows/executions?workflow=outside-inputs&limit=100")).body, "data")
        .length;
    };
    const before = await count();
    expect(before).toBeGreaterThan(0);
    await run({});
    await run({ needed: 1 });
    expect(await count()).toBe(before);
  });
});
