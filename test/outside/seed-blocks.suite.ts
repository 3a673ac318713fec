import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type CodeBlock, codeBlocks, routesOf, sharedText } from "./code-blocks.ts";
import { BLOCK_EXCEPTIONS, ROUTE_EXCEPTIONS } from "./exceptions.ts";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { isMap, type Json, type JsonMap, parseJson, read } from "./json.ts";
import { publishStubs } from "./stub-connectors.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
beforeAll(() => publishFlaky(outside.api));

const FILES = ["execution-modes", "execution-plane", "graph-execution-modes", "sdk-contract", "workflow-executor"];
const language = sharedText("spec/openworkflow.md");
const blocks = FILES.flatMap((file) => codeBlocks(file, sharedText(`seeds/${file}.md`) ?? ""));
const here = language !== null && blocks.length > 0;

test.runIf(!here)("../shared is not beside this checkout: none of its examples was run", () => {
  expect(blocks).toEqual([]);
});

/** Runs one block in the way its kind asks for; rejects when the platform does not do what it shows. */
async function check(block: CodeBlock): Promise<void> {
  const value = valueIn(block);
  if (!isMap(value)) throw new Error("not a map");
  if ("workflow" in value || "workflows" in value) return checkWorkflow(value);
  if ("connector" in value) return checkConnector(block.id, value);
  if ("execution" in value) return checkField("execution", value.execution ?? null);
  if ("action" in value && "input" in value) return checkRequest(value);
  if ("checks" in value) return checkHealth(value);
  if ("poll_url" in value) return checkAccepted(value);
  if ("execution_id" in value) return checkCallback(block.id, value);
  if ("timestamp" in value) return checkEvent(value);
  if (value.status === "success") return checkSuccess(block.id, value);
  if (value.status === "error" && "details" in value) return checkErrorBody(value);
  if (value.status === "error") return checkFailure(block.id, value);
  const answer = await outside.api.yaml("/workflows/validate", block.text);
  expect(answer.body).toMatchObject({ valid: true });
}

/** `{...}` stands for any map, `a | b` for one of the words. */
function valueIn({ language, text }: CodeBlock): Json | undefined {
  const filled = text.replaceAll("{...}", "{}").replaceAll(/: (\w+) \| [\w| ]+$/gm, ": $1");
  return language === "json" ? parseJson(filled) : parseJson(JSON.stringify(parse(filled)));
}

async function checkWorkflow(file: JsonMap): Promise<void> {
  await publishStubs(outside.api, file);
  const validated = await outside.api.post("/workflows/validate", file);
  expect(validated.body).toMatchObject({ valid: true, problems: [] });
  expect([201, 409]).toContain((await outside.api.post("/workflows", file)).status);
  const run = await outside.api.run(file);
  if (JSON.stringify(file).includes('"execution":"local"')) {
    expect(run).toMatchObject({
      status: "failed",
      error: { code: "UNAVAILABLE", message: expect.stringContaining("local") },
    });
  } else expect(run.status).toBe("completed");
}

async function checkConnector(id: string, file: JsonMap): Promise<void> {
  const name = `seed-${id.replaceAll(/\W/g, "-")}`;
  const connector = {
    type: "connector",
    kind: "http",
    name,
    namespace: "outside",
    version: "1.0.0",
    displayName: name,
    description: "x",
  };
  const action = {
    name: "go",
    description: "g",
    input: {},
    output: {},
    handler: { http: { url: "https://example.com/execute", method: "POST" } },
  };
  const answer = await outside.api.post("/plugins", {
    connector: { ...connector, ...(isMap(file.connector) ? file.connector : {}) },
    actions: [action],
  });
  expect([201, 409]).toContain(answer.status);
}

async function checkField(name: string, value: Json): Promise<void> {
  const step = { id: "add", connector: "connector:community/calculator@1.0.0", action: "add", input: { a: 1, b: 2 } };
  const answer = await outside.api.post("/workflows/validate", { name: "Field", steps: [step], [name]: value });
  expect(answer.body).toMatchObject({ valid: true, problems: [] });
}

/** The envelope that a service gets has every member the example has. */
async function checkRequest(example: JsonMap): Promise<void> {
  const key = "seed request";
  await outside.api.run({
    name: "Request",
    steps: [flaky("s", "call", { key, ...(isMap(example.input) ? example.input : {}) })],
  });
  const [call] = outside.service.calls(key);
  expect(call).toMatchObject({ method: "POST", url: "/execute" });
  expect(call?.headers["content-type"]).toContain("application/json");
  expect(call?.body).toMatchObject({ action: "flaky.call", input: example.input });
}

async function answerWith(id: string, body: JsonMap): Promise<JsonMap> {
  outside.service.script(id, { body });
  const steps = [flaky("s", "anything", { key: id }, { retry: { max_attempts: 1 } })];
  return outside.api.run({ name: "Answer", steps, outputs: { out: "{{ steps.s.output }}" } });
}

async function checkSuccess(id: string, example: JsonMap): Promise<void> {
  expect((await answerWith(id, example)).result).toStrictEqual({ outputs: { out: example.data } });
}

async function checkFailure(id: string, example: JsonMap): Promise<void> {
  expect(await answerWith(id, example)).toMatchObject({
    status: "failed",
    error: { message: expect.stringContaining(String(example.message)), details: { upstream_code: example.code } },
  });
}

/** The taxonomy's details have the example's members; its code is one that the API may answer. */
async function checkErrorBody(example: JsonMap): Promise<void> {
  const wrong = outside.api.openApi.judge("POST", "/workflows", 400, "application/json", {
    ...example,
    request_id: "req_x",
  });
  expect(wrong).toBeNull();
}

async function checkHealth(example: JsonMap): Promise<void> {
  const answer = await outside.api.get("/healthz", { key: null });
  expect(answer.body).toMatchObject({ status: example.status, version: expect.any(String) });
  expect(isMap(read(answer.body, "checks"))).toBe(true);
}

async function checkAccepted(example: JsonMap): Promise<void> {
  const step = flaky("s", "call", { key: "accepted" });
  const answer = await outside.api.start({ definition: { name: "Accepted", steps: [step] } });
  expect(answer.status).toBe(202);
  for (const [name, value] of Object.entries(example)) expect(typeof read(answer.body, name)).toBe(typeof value);
  expect(read(answer.body, "status")).toBe(example.status);
  const id = String(read(answer.body, "execution_id"));
  expect(read(answer.body, "poll_url")).toBe(String(example.poll_url).replace(String(example.execution_id), id));
}

async function checkCallback(id: string, example: JsonMap): Promise<void> {
  const callback = `http://127.0.0.1:${outside.service.port}/callback?key=${id}`;
  const step = flaky("s", "call", { key: "with callback" });
  await outside.api.run({ name: "Callback", steps: [step] }, {}, { callback_url: callback });
  const end = Date.now() + 3000;
  while (outside.service.calls(id).length === 0 && Date.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const [call] = outside.service.calls(id);
  for (const name of Object.keys(example)) expect(read(call?.body, name)).toBeDefined();
}

async function checkEvent(example: JsonMap): Promise<void> {
  const answer = await outside.api.start({
    definition: { name: "Event", steps: [flaky("s", "call", { key: "event" })] },
  });
  const stream = await outside.api.get(`/workflows/executions/${String(read(answer.body, "execution_id"))}/events`);
  expect(stream.status).toBe(200);
  for (const name of Object.keys(example)) expect(stream.text).toContain(`"${name}"`);
}

describe.runIf(here)("every YAML and JSON example of the seeds", () => {
  const listed = (block: CodeBlock): boolean => block.id in BLOCK_EXCEPTIONS;

  test("there are as many as the documents show", () => {
    expect(blocks.length).toBeGreaterThanOrEqual(32);
  });

  test.each(blocks.filter((block) => !listed(block)))("$id works", async (block) => {
    await check(block);
  });

  test.each(blocks.filter(listed))("$id is an exception that is still needed", async (block) => {
    await expect(check(block)).rejects.toThrow();
  });

  test("no exception names a block that is not there", () => {
    const ids = blocks.map(({ id }) => id);
    expect(Object.keys(BLOCK_EXCEPTIONS).filter((id) => !ids.includes(id))).toEqual([]);
  });
});

describe.runIf(here)("every route of the language document", () => {
  const routes = routesOf(language ?? "");
  const bare = (route: string): string => route.replaceAll(/\{[^}]*\}/g, "{}");
  const isListed = (route: string): boolean => outside.api.openApi.operations().map(bare).includes(bare(route));

  test("there are as many as the document names", () => {
    expect(routes.length).toBeGreaterThanOrEqual(55);
  });

  test.each(routes.filter((route) => !(route in ROUTE_EXCEPTIONS)))("%s is an operation of /openapi.json", (route) => {
    expect(isListed(route)).toBe(true);
  });

  test.each(Object.keys(ROUTE_EXCEPTIONS))("%s is an exception that is still needed", (route) => {
    expect(routes).toContain(route);
    expect(isListed(route)).toBe(false);
  });
});
