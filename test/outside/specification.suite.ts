import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { FIXTURE_EXCEPTIONS } from "./exceptions.ts";
import { isMap, type Json, type JsonMap, parseJson, read, readList, readText } from "./json.ts";
import { publishStubs } from "./stub-connectors.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
const FOLDER = join(import.meta.dirname, "fixtures");

/** Everything a step may refer to that the example itself does not have. */
const STUB: JsonMap = { connector: "connector:outside/relay@1.0.0", action: "send", input: {} };

interface Fixture {
  id: string;
  kind: string;
  source: string;
  /** It is run: it completes, with these outputs when they are given. */
  runs?: Json;
  inputs: JsonMap;
  /** It is refused, with a problem that says this. */
  refused?: string;
}

const fixtures: Fixture[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".yaml"))
  .flatMap((name) => {
    const rows = asJson(parse(readFileSync(join(FOLDER, name), "utf8")));
    return (Array.isArray(rows) ? rows : []).map((row) => ({
      id: `${name.replace(".yaml", "")}: ${readText(row, "id")}`,
      kind: readText(row, "kind"),
      source: readText(row, "source"),
      runs: read(row, "runs"),
      inputs: isMap(read(row, "inputs")) ? { ...Object(read(row, "inputs")) } : {},
      refused: typeof read(row, "refused") === "string" ? readText(row, "refused") : undefined,
    }));
  });

function asJson(value: unknown): Json | undefined {
  return parseJson(JSON.stringify(value));
}

const steps = (source: string): Json[] => readList(asJson(parse(source)), "steps");

/** The example as a whole workflow: steps it refers to and does not have stand before it. */
function workflowOf({ kind, source }: Fixture): Json {
  const value = asJson(parse(source)) ?? null;
  if (kind === "workflow") return value;
  if (kind !== "steps")
    return { name: "Outside fixture", steps: [{ id: "only", ...STUB }], ...(isMap(value) ? value : {}) };
  const own = new Set([...source.matchAll(/\b(?:id|name): "?([\w-]+)/g)].map(([, id]) => id));
  const named = new Set([...source.matchAll(/steps\.([A-Za-z_]\w*)/g)].map(([, id]) => id));
  const missing = [...named].filter((id) => id !== undefined && !own.has(id)).map((id) => ({ id: id ?? "", ...STUB }));
  return { name: "Outside fixture", steps: [...missing, ...steps(source)] };
}

function connectorOf({ id, kind, source }: Fixture): JsonMap {
  const value = kind === "connector-kind" ? { kind: source } : asJson(parse(source));
  const given = isMap(value) ? value : {};
  const name = `fixture-${id.toLowerCase().replaceAll(/\W+/g, "-")}`.slice(0, 60);
  const base: JsonMap = {
    type: "connector",
    kind: "http",
    name,
    namespace: "outside",
    version: "1.0.0",
    displayName: name,
    description: "x",
  };
  const handler =
    kind === "handler" ? (given.handler ?? null) : { http: { url: "https://example.com/execute", method: "POST" } };
  const actions: Json = [{ name: "go", description: "g", input: { type: "object" }, output: {}, handler }];
  if (kind === "connector-file") return given;
  if (kind === "connector" || kind === "connector-nested") {
    const connector = { ...base, ...(isMap(given.connector) ? given.connector : {}) };
    return kind === "connector" ? { connector, actions } : { connector };
  }
  if (kind === "actions") return { connector: base, ...given };
  if (kind === "auth") return { connector: base, ...given, actions };
  if (kind === "handler") return { connector: base, actions };
  return { connector: { ...base, ...given }, actions };
}

const isConnector = (kind: string): boolean =>
  kind.startsWith("connector") || ["actions", "auth", "handler"].includes(kind);

/** Rejects when the platform does not take the example, or does not run it as it should. */
async function check(fixture: Fixture): Promise<void> {
  if (isConnector(fixture.kind)) {
    const answer = await outside.api.post("/plugins", connectorOf(fixture));
    if (![201, 409].includes(answer.status)) throw new Error(`${answer.status} ${answer.text}`);
    return;
  }
  const definition = workflowOf(fixture);
  await publishStubs(outside.api, definition);
  const answer = await outside.api.post("/workflows/validate", definition);
  if (fixture.refused !== undefined) {
    expect(JSON.stringify(readList(answer.body, "problems"))).toContain(fixture.refused);
    return;
  }
  expect(answer.body).toMatchObject({ valid: true, problems: [] });
  if (fixture.runs === undefined) return;
  const run = await outside.api.run(definition, fixture.inputs);
  expect(run).toMatchObject({ status: "completed" });
  if (isMap(fixture.runs)) expect(read(run, "result.outputs")).toStrictEqual(fixture.runs);
}

const listed = ({ id }: Fixture): boolean => id in FIXTURE_EXCEPTIONS;

beforeAll(() => publishStubs(outside.api, ...fixtures.filter(({ kind }) => !isConnector(kind)).map(workflowOf)));

describe("every form that the public specification shows, in words of our own", () => {
  test("there are enough of them, each once", () => {
    expect(fixtures.length).toBeGreaterThan(70);
    expect(new Set(fixtures.map(({ id }) => id)).size).toBe(fixtures.length);
  });

  test.each(fixtures.filter((fixture) => !listed(fixture)))("$id", async (fixture) => {
    await check(fixture);
  });

  test.each(fixtures.filter(listed))("$id is an exception that is still needed", async (fixture) => {
    await expect(check(fixture)).rejects.toThrow();
  });

  test("no exception names an example that is not there", () => {
    const ids = fixtures.map(({ id }) => id);
    expect(Object.keys(FIXTURE_EXCEPTIONS).filter((id) => !ids.includes(id))).toEqual([]);
  });
});
