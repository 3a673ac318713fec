import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type JsonMap, read, readList, readText } from "./json.ts";
import { SERVICE_HOST, usePlatform } from "./use-platform.ts";

const outside = usePlatform();
const run = Date.now().toString(36);

const NUMBER_IN: JsonMap = { type: "object", properties: { n: { type: "number" } }, required: ["n"] };

function manifest(name: string, version: string, input: JsonMap = NUMBER_IN, more: JsonMap = {}): JsonMap {
  return {
    connector: {
      type: "connector",
      kind: "http",
      name,
      namespace: "outside",
      version,
      displayName: `Test ${name}`,
      description: `A connector of the outside client, ${name}`,
      categories: ["outside-tag", name],
      ...more,
    },
    actions: [
      {
        name: "echo",
        description: "Sends back what it got",
        input,
        output: {},
        handler: { http: { url: `http://${SERVICE_HOST}/execute`, method: "POST" } },
      },
    ],
  };
}

describe("publishing", () => {
  test("JSON: 201 {status: published, slug, version, url}; then everything that reads it", async () => {
    const name = `first-${run}`;
    const answer = await outside.api.post("/plugins", manifest(name, "1.0.0"));
    expect(answer).toMatchObject({ status: 201, body: { status: "published", slug: name, version: "1.0.0" } });
    expect(readText(answer.body, "url")).toContain(name);

    const details = await outside.api.get(`/plugins/${name}`);
    expect(details.body).toMatchObject({
      slug: name,
      version: "1.0.0",
      versions: ["1.0.0"],
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      actions: [{ name: "echo", description: "Sends back what it got" }],
    });
    for (const path of [
      `/plugins/outside--${name}`,
      `/plugins/outside%2F${name}`,
      `/plugins/${name}?version=1.0.0`,
      `/connectors/outside/${name}/1.0.0`,
      `/connectors/outside/${name}`,
    ]) {
      const same = await outside.api.get(path);
      expect([path, same.status, read(same.body, "sha256")]).toEqual([path, 200, read(details.body, "sha256")]);
    }
    const schema = await outside.api.get(`/plugins/${name}/1.0.0/schema`);
    expect(schema.status).toBe(200);
    expect(schema.text).toContain(`Test ${name}`);

    const found = await outside.api.get(`/plugins/search?q=${name}`);
    expect(found.body).toMatchObject({ total: 1, results: [{ slug: name, version: "1.0.0" }] });
    const tagged = await outside.api.get(`/plugins/search?tag=${name}`);
    expect(tagged.body).toMatchObject({ total: 1, results: [{ slug: name }] });
  });

  test("YAML is accepted too", async () => {
    const name = `yaml-${run}`;
    const text = `connector: {type: connector, kind: http, name: ${name}, namespace: outside, version: 2.1.0, displayName: Y, description: y}
actions:
  - name: echo
    description: e
    input: {type: object}
    output: {}
    handler: {http: {url: "http://${SERVICE_HOST}/execute", method: POST}}
`;
    expect(await outside.api.yaml("/plugins", text)).toMatchObject({ status: 201, body: { version: "2.1.0" } });
    expect((await outside.api.get(`/plugins/${name}`)).body).toMatchObject({ version: "2.1.0" });
  });

  test("a version is immutable: the same again is CONFLICT, and nothing has changed", async () => {
    const name = `fixed-${run}`;
    await outside.api.post("/plugins", manifest(name, "1.0.0"));
    const before = await outside.api.get(`/plugins/${name}`);
    const changed = manifest(name, "1.0.0", NUMBER_IN, { description: "changed" });
    expect(await outside.api.post("/plugins", changed)).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
    expect(await outside.api.request("PUT", `/plugins/${name}`, { json: changed })).toMatchObject({ status: 409 });
    const after = await outside.api.get(`/plugins/${name}`);
    expect(hash(after.text)).toBe(hash(before.text));
  });

  test("PUT with a higher version: {status: updated, previous_version}; a lower one is refused", async () => {
    const name = `grows-${run}`;
    await outside.api.post("/plugins", manifest(name, "1.1.0"));
    const up = await outside.api.request("PUT", `/plugins/${name}`, { json: manifest(name, "1.2.0") });
    expect(up).toMatchObject({
      status: 200,
      body: { status: "updated", slug: name, version: "1.2.0", previous_version: "1.1.0" },
    });
    const down = await outside.api.request("PUT", `/plugins/${name}`, { json: manifest(name, "1.0.5") });
    expect([400, 409]).toContain(down.status);
    const other = await outside.api.request("PUT", `/plugins/${name}`, { json: manifest(`other-${run}`, "2.0.0") });
    expect([400, 409]).toContain(other.status);
    expect((await outside.api.get(`/plugins/${name}`)).body).toMatchObject({
      version: "1.2.0",
      versions: ["1.2.0", "1.1.0"],
    });
    expect(
      await outside.api.request("PUT", `/plugins/absent-${run}`, { json: manifest(`absent-${run}`, "1.0.0") }),
    ).toMatchObject({
      status: 404,
    });
  });

  test("a breaking input schema needs a major version", async () => {
    const name = `breaks-${run}`;
    await outside.api.post("/plugins", manifest(name, "1.0.0"));
    const breaking: JsonMap = {
      type: "object",
      properties: { n: { type: "number" }, m: { type: "string" } },
      required: ["n", "m"],
    };
    const minor = await outside.api.request("PUT", `/plugins/${name}`, { json: manifest(name, "1.1.0", breaking) });
    expect([400, 409]).toContain(minor.status);
    const major = await outside.api.request("PUT", `/plugins/${name}`, { json: manifest(name, "2.0.0", breaking) });
    expect(major.status).toBe(200);
  });

  test("every problem of a file comes at once, each with its place", async () => {
    const text = `connector:
  type: connector
  kind: htpp
  name: bad-${run}
  namespace: outside
  version: one
  displayName: B
  description: b
  colour: red
actions:
  - name: echo
    description: e
    input: {type: object}
    output: {type: strin}
    handler: {http: {url: "https://example.com", method: FETCH}}
`;
    const answer = await outside.api.yaml("/plugins", text);
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
    const problems = readList(answer.body, "details.problems");
    const lines = problems.map((problem) => read(problem, "line"));
    expect(lines).toEqual(expect.arrayContaining([3, 6, 9, 14, 15]));
    expect(problems).toContainEqual(expect.objectContaining({ path: "/connector/kind", line: 3, suggestion: "http" }));
    expect(problems).toContainEqual(expect.objectContaining({ path: "/connector/colour", line: 9, column: 3 }));
    expect((await outside.api.get(`/plugins/bad-${run}`)).status).toBe(404);
  });

  test.each([
    ["no actions", { ...manifest(`none-${run}`, "1.0.0"), actions: [] }],
    ["no connector", { actions: [] }],
    ["a list", []],
    [
      "two actions of one name",
      {
        ...manifest(`twice-${run}`, "1.0.0"),
        actions: [0, 1].map(() => ({
          name: "a",
          description: "a",
          input: {},
          output: {},
          handler: { http: { url: "https://example.com" } },
        })),
      },
    ],
    ["a name with blanks", manifest("has blanks", "1.0.0")],
    ["a name with control characters", manifest("has\u0007bell", "1.0.0")],
    ["a path in the name", manifest("../x", "1.0.0")],
  ])("%s: 400 with problems", async (_name, body) => {
    const answer = await outside.api.post("/plugins", body);
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
    expect(readList(answer.body, "details.problems").length).toBeGreaterThan(0);
  });
});

describe("finding", () => {
  test.each(["limit=0", "limit=101", "limit=x", "offset=-1", "offset=x", "colour=red"])(
    "?%s is refused",
    async (query) => {
      const answer = await outside.api.get(`/plugins/search?${query}`);
      expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
      expect(answer.text).toContain(query.split("=")[0]);
    },
  );

  test("limit and offset page through everything once", async () => {
    const all = readList((await outside.api.get("/plugins/search?limit=100")).body, "results");
    const paged: unknown[] = [];
    for (let offset = 0; offset < all.length; offset += 3) {
      const page = await outside.api.get(`/plugins/search?limit=3&offset=${offset}`);
      expect(read(page.body, "total")).toBe(all.length);
      paged.push(...readList(page.body, "results"));
    }
    expect(paged).toEqual(all);
  });

  test("LIKE's own signs are plain letters in q", async () => {
    expect((await outside.api.get("/plugins/search?q=%25")).body).toMatchObject({ total: 0 });
    expect((await outside.api.get("/plugins/search?q=%25lator")).body).toMatchObject({ total: 0 });
    expect((await outside.api.get("/plugins/search?q=c_lc_lator")).body).toMatchObject({ total: 0 });
    expect((await outside.api.get("/plugins/search?q=CALCULATOR")).body).toMatchObject({ total: 1 });
  });

  test.each([
    "/plugins/absent",
    "/plugins/calculator?version=9.9.9",
    "/plugins/absent/1.0.0/schema",
    "/connectors/no/no/1.0.0",
  ])("%s is NOT_FOUND", async (path) => {
    expect(await outside.api.get(path)).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
  });
});

describe("installing and pinning", () => {
  test("`plugin: slug` and a range mean the version that was there when the workflow was published", async () => {
    const name = `pinned-${run}`;
    const echo = (version: string): JsonMap => {
      const made = manifest(name, version);
      return {
        ...made,
        actions: readList(made, "actions").map((action) => ({
          ...(action as JsonMap),
          handler: {
            http: {
              url: `http://${SERVICE_HOST}/v${version}?key=${name}-${version}`,
              method: "POST",
              style: "service",
            },
          },
        })),
      };
    };
    await outside.api.post("/plugins", echo("1.0.0"));
    const slug = `outside-pin-${run}`;
    const published = await outside.api.post("/workflows", {
      name: slug,
      steps: [
        { id: "a", plugin: name, action: "echo", input: { n: 1 } },
        { id: "b", connector: `connector:outside/${name}@^1.0.0`, action: "echo", input: { n: 2 } },
      ],
    });
    expect(published.status).toBe(201);
    await outside.api.request("PUT", `/plugins/${name}`, { json: echo("1.5.0") });
    await outside.api.start({ workflow: slug, execution_mode: "sync" });
    expect(outside.service.calls(`${name}-1.0.0`)).toHaveLength(2);
    expect(outside.service.calls(`${name}-1.5.0`)).toHaveLength(0);
    await outside.api.run({
      name: "x",
      steps: [{ id: "b", connector: `connector:outside/${name}@^1.0.0`, action: "echo", input: { n: 2 } }],
    });
    expect(outside.service.calls(`${name}-1.5.0`)).toHaveLength(1);
  });

  test("another tenant installs and removes", async () => {
    const name = `shared-${run}`;
    await outside.api.post("/plugins", manifest(name, "1.0.0", NUMBER_IN, { visibility: "public" }));
    const installed = await outside.other.post(`/plugins/${name}/install`, { version: "1.0.0" });
    expect([200, 201, 404]).toContain(installed.status);
  });
});

function hash(text: string): string {
  return createHash("sha256")
    .update(text.replaceAll(/"request_id":"[^"]*"/g, ""))
    .digest("hex");
}
