import { describe, expect, test } from "vitest";
import { eventually } from "./eventually.ts";
import { isMap, type Json, type JsonMap, read, readList, readText } from "./json.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
const run = Date.now().toString(36);

const ADD: JsonMap = {
  id: "add",
  connector: "connector:community/calculator@1.0.0",
  action: "add",
  input: { a: 1, b: 2 },
};
const workflow = (name: string, version: string, total: Json = "{{ steps.add.output.result }}"): JsonMap => ({
  name,
  version,
  description: "Made outside",
  steps: [ADD],
  outputs: { total },
});

describe("publishing", () => {
  test.each([
    ["workflows: a list", (name: string): JsonMap => ({ workflows: [workflow(name, "1.0.0")] })],
    ["workflow: one", (name: string): JsonMap => ({ workflow: workflow(name, "1.0.0") })],
    ["bare", (name: string): JsonMap => workflow(name, "1.0.0")],
  ])("%s: 201, then it is listed, got and runs", async (form, wrap) => {
    const name = `Form ${form.replaceAll(/\W+/g, " ").trim()} ${run}`;
    const slug = name.toLowerCase().replaceAll(" ", "-");
    const answer = await outside.api.post("/workflows", wrap(name));
    expect(answer.status).toBe(201);
    expect(answer.text).toContain(`"${slug}"`);
    expect((await outside.api.get(`/workflows/${slug}`)).body).toMatchObject({
      slug,
      name,
      version: "1.0.0",
      description: "Made outside",
    });
    expect((await outside.api.get("/workflows?limit=100")).text).toContain(`"${slug}"`);
    const started = await outside.api.start({ workflow: slug, execution_mode: "sync" });
    expect(started.body).toMatchObject({ status: "completed", result: { outputs: { total: 3 } } });
  });

  test("several in one file, in YAML", async () => {
    const text = `workflows:
  - name: Two A ${run}
    steps: [{id: add, connector: "connector:community/calculator@1.0.0", action: add, input: {a: 1, b: 1}}]
  - name: Two B ${run}
    steps: [{id: add, connector: "connector:community/calculator@1.0.0", action: add, input: {a: 2, b: 2}}]
    outputs: {r: "{{ steps.add.output.result }}"}
`;
    expect((await outside.api.yaml("/workflows", text)).status).toBe(201);
    const started = await outside.api.start({ workflow: `two-b-${run}`, execution_mode: "sync" });
    expect(started.body).toMatchObject({ workflow: { version: "1.0.0" }, result: { outputs: { r: 4 } } });
    expect((await outside.api.get(`/workflows/two-a-${run}`)).status).toBe(200);
  });

  test("a version is immutable; versions are kept, pinned and run as they were", async () => {
    const slug = `versions-${run}`;
    expect((await outside.api.post("/workflows", workflow(slug, "1.0.0", "one"))).status).toBe(201);
    expect(await outside.api.post("/workflows", workflow(slug, "1.0.0", "changed"))).toMatchObject({
      status: 409,
      body: { code: "CONFLICT" },
    });
    expect((await outside.api.post("/workflows", workflow(slug, "1.1.0", "two"))).status).toBe(201);
    const versions = readList((await outside.api.get(`/workflows/${slug}/versions`)).body, "data");
    expect(versions.map((version) => read(version, "version"))).toEqual(["1.1.0", "1.0.0"]);
    for (const [wanted, total] of [
      [`${slug}@1.0.0`, "one"],
      [`${slug}@1.1.0`, "two"],
      [slug, "two"],
    ] as const) {
      const started = await outside.api.start({ workflow: wanted, execution_mode: "sync" });
      expect(started.body).toMatchObject({ result: { outputs: { total } } });
    }
  });

  test("one broken workflow of a file: nothing of it is published", async () => {
    const good = `half-good-${run}`;
    const bad = {
      ...workflow(`half-bad-${run}`, "1.0.0"),
      steps: [{ id: "x", connector: "connector:community/absent@1.0.0", action: "y" }],
    };
    const answer = await outside.api.post("/workflows", { workflows: [workflow(good, "1.0.0"), bad] });
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
    expect((await outside.api.get(`/workflows/${good}`)).status).toBe(404);
  });

  test("DELETE removes it; then it is NOT_FOUND and does not start", async () => {
    const slug = `deleted-${run}`;
    await outside.api.post("/workflows", workflow(slug, "1.0.0"));
    expect([200, 204]).toContain((await outside.api.request("DELETE", `/workflows/${slug}`)).status);
    expect((await outside.api.get(`/workflows/${slug}`)).status).toBe(404);
    expect((await outside.api.start({ workflow: slug })).status).toBe(404);
    expect((await outside.api.request("DELETE", `/workflows/${slug}`)).status).toBe(404);
  });
});

describe("validating", () => {
  const BROKEN = `workflows:
  - name: Broken
    version: one.two
    inputs:
      count: {type: integr}
    steps:
      - id: first
        conector: connector:community/calculator@1.0.0
        action: add
        input: {a: "{{ steps.later.output }}", b: "{{ inputs.cuont }}"}
        timeout: soon
      - id: first
        connector: connector:community/calculator@1.0.0
        action: ad
        input: {a: 1, b: 2}
        retry: {max_attempts: 0, backoff: sometimes}
    outputs:
      x: "{{ steps.frist.output | uper }}"
    metadata: {anything: {goes: here}}
    x-mine: fine
`;

  test("a good file: 200 {valid: true, problems: [], findings, estimate}", async () => {
    const answer = await outside.api.post("/workflows/validate", workflow("Fine", "1.0.0"));
    expect(answer).toMatchObject({ status: 200, body: { valid: true, problems: [], findings: expect.any(Array) } });
    expect(isMap(answer.body) && "estimate" in answer.body).toBe(true);
  });

  test("all problems at once, each with path, line, column, message, and the nearest name", async () => {
    const answer = await outside.api.yaml("/workflows/validate", BROKEN);
    expect(answer).toMatchObject({ status: 200, body: { valid: false } });
    const problems = readList(answer.body, "problems");
    for (const problem of problems) {
      expect(problem).toMatchObject({
        path: expect.stringMatching(/^\//),
        line: expect.any(Number),
        column: expect.any(Number),
        message: expect.any(String),
      });
    }
    const lines = problems.map((problem) => read(problem, "line"));
    expect(lines).toEqual(expect.arrayContaining([3, 5, 8, 11, 12, 16]));
    expect(problems).toContainEqual(
      expect.objectContaining({ path: "/workflows/0/steps/0/conector", line: 8, column: 9, suggestion: "connector" }),
    );
    expect(problems).toContainEqual(expect.objectContaining({ path: "/workflows/0/inputs/count/type", line: 5 }));
    expect(lines).not.toContain(19);
    expect(lines).not.toContain(20);
  });

  test("problems of references and expressions come with those of the form", async () => {
    const answer = await outside.api.yaml("/workflows/validate", BROKEN);
    const lines = readList(answer.body, "problems").map((problem) => read(problem, "line"));
    expect(lines).toEqual(expect.arrayContaining([10, 18]));
  });

  test("publishing and starting refuse it with the same problems", async () => {
    const validated = await outside.api.yaml("/workflows/validate", BROKEN);
    const published = await outside.api.yaml("/workflows", BROKEN);
    expect(published).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
    expect(read(published.body, "details.problems")).toEqual(read(validated.body, "problems"));
    const started = await outside.api.yaml("/workflows/executions", BROKEN);
    expect(started).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
    expect(readList(started.body, "details.problems").length).toBe(readList(validated.body, "problems").length);
  });

  const refused: [string, JsonMap][] = [
    ["steps together with nodes", { name: "x", steps: [ADD], nodes: [ADD], start: "add" }],
    ["no name", { steps: [ADD] }],
    [
      "a step without an id",
      {
        name: "x",
        steps: [{ connector: "connector:community/calculator@1.0.0", action: "add", input: { a: 1, b: 2 } }],
      },
    ],
    ["an id with a blank", { name: "x", steps: [{ ...ADD, id: "a b" }] }],
    ["an id used twice, in a parallel list", { name: "x", steps: [ADD, { id: "p", parallel: [ADD] }] }],
    ["an unknown connector", { name: "x", steps: [{ ...ADD, connector: "connector:community/absent@1.0.0" }] }],
    ["an unknown version", { name: "x", steps: [{ ...ADD, connector: "connector:community/calculator@7.0.0" }] }],
    ["an unknown action", { name: "x", steps: [{ ...ADD, action: "addd" }] }],
    ["an unknown plugin", { name: "x", steps: [{ id: "a", plugin: "absent", action: "x" }] }],
    ["a step that does nothing", { name: "x", steps: [{ id: "a", input: {} }] }],
    [
      "a reference to a later step",
      {
        name: "x",
        steps: [
          { ...ADD, input: { a: "{{ steps.b.output.result }}", b: 1 } },
          { ...ADD, id: "b" },
        ],
      },
    ],
    ["a reference to an unknown step", { name: "x", steps: [ADD], outputs: { o: "{{ steps.absent.output }}" } }],
    [
      "a reference to an undeclared input",
      { name: "x", inputs: { a: {} }, steps: [ADD], outputs: { o: "{{ inputs.absent }}" } },
    ],
    ["item outside of a loop", { name: "x", steps: [{ ...ADD, input: { a: "{{ item }}", b: 1 } }] }],
    ["a negative timeout", { name: "x", steps: [{ ...ADD, timeout: -1 }] }],
    ["a timeout of text", { name: "x", steps: [{ ...ADD, timeout: "soon" }] }],
    [
      "max_concurrency 0",
      { name: "x", steps: [{ ...ADD, for_each: "{{ [1] }}", parallel: true, max_concurrency: 0 }] },
    ],
    ["an unknown backoff", { name: "x", steps: [{ ...ADD, retry: { backoff: "quadratic" } }] }],
    ["an unknown code in retry_on", { name: "x", steps: [{ ...ADD, retry: { retry_on: ["SOMETIMES"] } }] }],
    ["an unknown execution place", { name: "x", steps: [{ ...ADD, execution: "moon" }] }],
    ["a version that is none", { name: "x", version: "1", steps: [ADD] }],
    ["an input of an unknown type", { name: "x", inputs: { a: { type: "text" } }, steps: [ADD] }],
    [
      "a default that breaks its own type",
      { name: "x", inputs: { a: { type: "integer", default: "one" } }, steps: [ADD] },
    ],
    [
      "a member named __proto__ in an input",
      { name: "x", steps: [{ ...ADD, input: JSON.parse('{"a": 1, "b": 2, "__proto__": 3}') }] },
    ],
  ];
  test.each(refused)("%s: not valid", async (_name, definition) => {
    const answer = await outside.api.post("/workflows/validate", definition);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ valid: false });
    expect(readList(answer.body, "problems").length).toBeGreaterThan(0);
  });
});

describe("lists", () => {
  test("cursor and limit walk through all workflows once", async () => {
    for (let at = 0; at < 7; at++) await outside.api.post("/workflows", workflow(`page ${at} ${run}`, "1.0.0"));
    const walk = async (limit: number): Promise<Json[]> => {
      const walked: Json[] = [];
      for (let cursor = ""; ; ) {
        const page = await outside.api.get(`/workflows?limit=${limit}${cursor}`);
        const data = readList(page.body, "data");
        expect(data.length).toBeLessThanOrEqual(limit);
        walked.push(...data);
        if (read(page.body, "has_more") !== true) {
          expect(read(page.body, "next_cursor")).toBeNull();
          return walked;
        }
        cursor = `&cursor=${encodeURIComponent(readText(page.body, "next_cursor"))}`;
      }
    };
    const all = await walk(100);
    expect(new Set(all.map((row) => read(row, "slug"))).size).toBe(all.length);
    expect(await walk(3)).toEqual(all);
  });

  test("executions: newest first, by status and workflow; a list lags at most 2 s and says as_of", async () => {
    const slug = `listed-${run}`;
    await outside.api.post("/workflows", workflow(slug, "1.0.0"));
    const ids: string[] = [];
    for (let at = 0; at < 5; at++) {
      ids.unshift(readText((await outside.api.start({ workflow: slug, execution_mode: "sync" })).body, "execution_id"));
    }
    const listed = async (): Promise<number> =>
      readList((await outside.api.get(`/workflows/executions?workflow=${slug}&status=completed`)).body, "data").length;
    await eventually(async () => (await listed()) === 5);
    const walked: Json[] = [];
    let path = `/workflows/executions?workflow=${slug}&status=completed&limit=2`;
    for (;;) {
      const page = await outside.api.get(path);
      expect(read(page.body, "as_of")).toMatch(/^\d{4}-/);
      walked.push(...readList(page.body, "data").map((item) => read(item, "execution_id") ?? null));
      if (read(page.body, "has_more") !== true) break;
      path = `/workflows/executions?workflow=${slug}&status=completed&limit=2&cursor=${readText(page.body, "next_cursor")}`;
    }
    expect(walked).toEqual(ids);
    expect(
      readList((await outside.api.get(`/workflows/executions?workflow=${slug}&status=failed`)).body, "data"),
    ).toEqual([]);
    const future = new Date(Date.now() + 60_000).toISOString();
    expect(
      readList((await outside.api.get(`/workflows/executions?workflow=${slug}&since=${future}`)).body, "data"),
    ).toEqual([]);
    expect(
      readList((await outside.api.get(`/workflows/executions?workflow=${slug}&until=${future}`)).body, "data"),
    ).toHaveLength(5);
  });

  test("q finds names; LIKE's own signs are plain letters in it", async () => {
    await outside.api.post("/workflows", workflow(`sought ${run}`, "1.0.0"));
    await outside.api.start({ workflow: `sought-${run}`, execution_mode: "sync" });
    const found = async (path: string): Promise<number> =>
      readList((await outside.api.get(`${path}?q=sought`)).body, "data").length;
    await eventually(async () => (await found("/workflows/executions")) > 0);
    for (const path of ["/workflows", "/workflows/executions"]) {
      expect(await found(path)).toBeGreaterThan(0);
      for (const q of ["%25", "_ought", "s%25t", "%5C"]) {
        expect(readList((await outside.api.get(`${path}?q=${q}`)).body, "data")).toEqual([]);
      }
    }
  });

  const queries = [
    "limit=0",
    "limit=101",
    "limit=x",
    "limit=1.5",
    "limit=",
    "cursor=rubbish",
    "colour=red",
    "limit=1&limit=2",
  ];
  test.each([
    ...queries.map((query) => `/workflows?${query}`),
    ...[...queries, "status=weird", "since=yesterday", "until=1"].map((query) => `/workflows/executions?${query}`),
    ...queries.map((query) => `/keys?${query}`),
  ])("%s is refused, and the parameter is named", async (path) => {
    const answer = await outside.api.get(path);
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
    const parameter = path.split("?")[1]?.split("=")[0] ?? "";
    expect(answer.text).toContain(parameter);
  });
});
