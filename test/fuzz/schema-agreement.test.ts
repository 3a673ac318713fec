import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readWorkflowValue } from "../../engine/definition/read-workflows.ts";
import { isObject, type Json, type JsonObject } from "../../engine/json.ts";
import { ALL_STEP_FIELDS } from "../../engine/steps/all-step-fields.ts";
import { workflowSchemaRoute } from "../../workers/api/routes/platform/workflow-schema.ts";
import { routes } from "../../workers/api/routes.ts";
import { BROKEN } from "./broken-files.ts";
import { corpus, exampleFiles } from "./corpus.ts";
import { EVERY_KIND } from "./every-kind.ts";
import { mutateTree } from "./mutate-tree.ts";
import { FUZZ_TIMEOUT_MS, manyCases } from "./replay.ts";

/** Asks the route as the platform does; it uses nothing of the platform. */
async function served(headers: Record<string, string> = {}): Promise<Response> {
  const request = new Request("http://platform/schema/workflow.json", { headers });
  const answer = await workflowSchemaRoute.handle({
    request,
    get ports(): never {
      throw new Error("the schema needs no ports");
    },
    openApi: () => ({}),
  });
  if (!(answer instanceof Response)) throw new Error("not a response");
  return answer;
}

const SCHEMA: JsonObject = JSON.parse(await (await served()).text());
const ajv = new Ajv({ strict: false });
const fits = ajv.compile(SCHEMA);

/**
 * Where the reader refuses what the schema lets pass, by the reader's words: what needs an expression, another place of the
 * file, a count or a limit. The other direction has no entry: what the reader accepts, no editor may mark.
 */
const ONLY_THE_READER_KNOWS: readonly RegExp[] = [
  /^there is no (step|node|input) "/,
  /^step ".*" (runs after|is )/,
  /is used twice/,
  /has no meaning here|is not known here|should end here|A value is expected/,
  /^input ".*": /,
  /^the default of input /,
  /^this is not a JSONPath/,
  /^join waits for \d+ branches, but/,
  /^a graph needs at least one node|^a long_running workflow needs/,
  // A rule of nodes says more of a mailbox than its table does.
  /^(size|overflow) must be /,
  /^two workflows have the slug/,
  // What a trigger's texts mean: cron, zones, addresses.
  /^(cron|timezone|path|method) (must|names)|name of an HTTP header|is not an address or network/,
];

function problemsOf(value: Json): string[] {
  return readWorkflowValue(value).problems.map(({ message }) => message);
}

test("the schema is a valid one of draft-07, served to anybody and not again while it has not changed", async () => {
  expect(SCHEMA.$schema).toBe("http://json-schema.org/draft-07/schema#");
  expect(ajv.validateSchema(SCHEMA)).toBe(true);
  expect(routes).toContain(workflowSchemaRoute);
  const first = await served();
  expect(first.headers.get("cache-control")).toContain("public");
  const etag = first.headers.get("etag") ?? "";
  expect((await served({ "if-none-match": `W/${etag}` })).status).toBe(304);
  expect((await served({ "if-none-match": '"other"' })).status).toBe(200);
});

test("every example names the schema in its first line and validates against it", () => {
  const files = exampleFiles();
  expect(files.length).toBeGreaterThan(1);
  for (const { name, text } of files) {
    expect(text.split("\n")[0], name).toMatch(/^# yaml-language-server: \$schema=http\S+\/schema\/workflow\.json$/);
    expect(fits(parse(text)), `${name} ${ajv.errorsText(fits.errors)}`).toBe(true);
  }
});

test("every conformance case, every workflow of the seeds and every kind of step validates", () => {
  for (const { name, text } of [...corpus(), ...EVERY_KIND])
    expect(fits(parse(text)), `${name} ${ajv.errorsText(fits.errors)}`).toBe(true);
  for (const { name, text } of EVERY_KIND) expect(problemsOf(parse(text)), name).toEqual([]);
});

test.each(Object.entries(BROKEN))("%s is refused by the reader and by the schema", (_, [text, path]) => {
  const value: Json = parse(text);
  expect(readWorkflowValue(value).problems[0]?.path).toBe(path);
  expect(fits(value)).toBe(false);
});

const AGREE = "schema and reader agree about files with one thing changed";
test(
  AGREE,
  () => {
    const files = [
      ...corpus().map(({ text }): Json => parse(text)),
      ...EVERY_KIND.map(({ text }): Json => parse(text)),
    ];
    const everyKind = files.slice(-EVERY_KIND.length);
    const outcomes = { accepted: 0, refused: 0, onlyReader: 0 };
    manyCases("schema-agreement", AGREE, 1_000, (random) => {
      const list = random.chance(60) ? everyKind : files;
      const { value, pointer, kind } = mutateTree(list[random.below(list.length)] ?? null, random);
      const problems = problemsOf(value);
      const accepted = fits(value);
      if (accepted && problems.length === 0) outcomes.accepted += 1;
      else if (!accepted && problems.length > 0) outcomes.refused += 1;
      else if (!accepted) expect.fail(`${kind} ${pointer}: only the schema refuses: ${ajv.errorsText(fits.errors)}`);
      else {
        outcomes.onlyReader += 1;
        const strange = problems.filter((message) => !ONLY_THE_READER_KNOWS.some((known) => known.test(message)));
        expect(strange, `${kind} ${pointer}: only the reader refuses`).toEqual([]);
      }
    });
    if (process.env.FUZZ_SEED === undefined)
      for (const count of [outcomes.accepted, outcomes.refused])
        expect(count, JSON.stringify(outcomes)).toBeGreaterThan(100);
  },
  FUZZ_TIMEOUT_MS,
);

describe("every field of every kind", () => {
  const definitions = isObject(SCHEMA.definitions) ? SCHEMA.definitions : {};

  test("is known to the reader under each name that the schema offers", () => {
    for (const kind of Object.values(ALL_STEP_FIELDS)) {
      for (const key of offered(definitions[`step_${kind.kind}`])) {
        const step: JsonObject = {
          id: "a",
          type: kind.types[0] ?? "",
          ...(key === "id" || key === "type" ? {} : { [key]: null }),
        };
        if (RETRY_BESIDE.test(key)) step.maxAttempts = 2;
        const unknown = problemsOf({ name: "x", steps: [step] }).filter((message) =>
          message.includes(`unknown key "${key}"`),
        );
        expect(unknown, `${kind.kind} ${key}`).toEqual([]);
      }
    }
  });

  test("says what it means", () => {
    const undescribed = Object.entries(definitions).flatMap(([name, definition]) => silent(definition, name));
    expect(undescribed).toEqual([]);
  });
});

/** Fields of a retry are fields of a step only where the action engine's own ones are. */
const RETRY_BESIDE = /attempts|backoff|delay|jitter|retry_?on|strategy/i;

function offered(definition: Json | undefined): string[] {
  return isObject(definition) && isObject(definition.properties) ? Object.keys(definition.properties) : [];
}

/** Properties of closed blocks that say nothing to who hovers over them; `true` leaves it to `every_step`. */
function silent(definition: Json, where: string): string[] {
  if (!isObject(definition) || definition.additionalProperties !== false || !isObject(definition.properties)) return [];
  return Object.entries(definition.properties)
    .filter(([, property]) => property !== true && !(isObject(property) && typeof property.description === "string"))
    .map(([name]) => `${where}.${name}`);
}
