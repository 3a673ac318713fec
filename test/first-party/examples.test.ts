import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FIRST_PARTY } from "../../connectors/first-party/all-connectors.ts";
import { ENTRIES } from "../../connectors/first-party/entries/all-entries.ts";
import { pinAction } from "../../connectors/manifest/pin-action.ts";
import type { Json } from "../../engine/json.ts";
import { compileSchema } from "../../engine/schema/validate.ts";
import { runTool } from "../../workers/plugins/toolbox/run-tool.ts";
import { callOf } from "./call.ts";
import { type Counterparts, startCounterparts } from "./counterparts.ts";
import { invokeThere } from "./invoke-there.ts";
import { differences } from "./same-but-for.ts";

/* Every example of every first-party connector is carried out: what the documentation shows is what happens. */

/** Examples whose result is another one at each call: only its form is told. */
const EACH_TIME_ANOTHER = ["crypto.uuid", "crypto.random_bytes", "crypto.random_integer", "datetime.now"];

const CASES = FIRST_PARTY.flatMap((manifest) =>
  (ENTRIES[manifest.name]?.examples ?? []).map((example) => ({
    manifest,
    example,
    name: `${manifest.name}.${example.action}`,
  })),
);

function problemsOf(schema: Json | undefined, value: Json): Json {
  return compileSchema(
    schema !== undefined && typeof schema === "object" && schema !== null && !Array.isArray(schema) ? schema : {},
  )
    .validate(value)
    .map(({ path, message }) => ({ path, message }));
}

describe("the catalog", () => {
  test("has at least the sixteen connectors of the issue, each with documentation and an example of every action", () => {
    const wanted =
      "http text data analytics json datetime crypto csv logging email slack github openai postgres s3 webhook".split(
        " ",
      );
    expect(FIRST_PARTY.map(({ name }) => name)).toEqual(expect.arrayContaining(wanted));
    expect(Object.keys(ENTRIES).sort()).toEqual(FIRST_PARTY.map(({ name }) => name).sort());
    for (const { name, actions } of FIRST_PARTY) {
      const { about, examples } = ENTRIES[name] ?? { about: "", examples: [] };
      expect(about.length, name).toBeGreaterThan(100);
      const shown = new Set(examples.map(({ action }) => action));
      expect([name, actions.map((action) => action.name).filter((action) => !shown.has(action))]).toEqual([name, []]);
      expect([name, [...shown].filter((action) => !actions.some((own) => own.name === action))]).toEqual([name, []]);
      // Statistics are one action by the public examples; everything else has three and more.
      if (name !== "analytics") expect(actions.length, name).toBeGreaterThanOrEqual(3);
    }
  });

  test("says what every action does, takes no input that it does not know, and describes every member", () => {
    for (const { name, actions } of FIRST_PARTY) {
      for (const action of actions) {
        const input = action.input ?? {};
        const at = `${name}.${action.name}`;
        expect([at, action.description?.length ?? 0]).not.toEqual([at, 0]);
        expect([at, input.additionalProperties]).toEqual([at, false]);
        expect([at, action.output === undefined]).toEqual([at, false]);
        const members = Object.entries((input.properties ?? {}) as Record<string, { description?: string }>);
        expect([at, members.filter(([, schema]) => !schema.description).map(([member]) => member)]).toEqual([at, []]);
      }
    }
  });

  test("shows examples that fit their action's input, secrets aside", () => {
    for (const { manifest, example, name } of CASES) {
      const input = manifest.actions.find((action) => action.name === example.action)?.input;
      expect([name, problemsOf(input, { ...example.input })]).toEqual([name, []]);
    }
  });
});

describe("examples of actions that are functions", () => {
  const functions = CASES.filter(({ manifest, example }) => pinAction(manifest, example.action)?.plugin === "toolbox");
  test.for(functions)("$name: $example.title", async ({ manifest, example, name }) => {
    const result = await runTool(callOf(manifest, example.action, example.input), () => 0);
    if (!result.ok) throw new Error(result.error.message);
    const output = manifest.actions.find((action) => action.name === example.action)?.output;
    expect(problemsOf(output, result.output)).toEqual([]);
    expect(problemsOf(output, example.output)).toEqual([]);
    if (!EACH_TIME_ANOTHER.includes(name)) expect(result.output).toEqual(example.output);
  });
});

/** Secrets that the examples name. */
const SECRETS = {
  API_TOKEN: "a token of the example",
  HOOK_TOKEN: "Bearer a hook's token",
  WEBHOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  HMAC_KEY: "Jefe",
  AES_KEY: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
  ED25519_KEY: "TM0Imyj/ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U+4pvs=",
  JWT_KEY: "a key of at least thirty-two bytes!!",
  SLACK_WEBHOOK: "http://slack.test/services/T000000001/B000000001/X000000001",
};

describe("examples of actions that call a service, or see a secret", () => {
  let counterparts: Counterparts;
  beforeAll(async () => {
    counterparts = await startCounterparts();
  });
  afterAll(async () => counterparts?.close());

  const calls = CASES.filter(({ manifest, example }) => pinAction(manifest, example.action)?.plugin === "http");
  const earlier = new Map<string, Map<string, Json>>();

  test.for(calls)("$name: $example.title", async ({ manifest, example, name }) => {
    const there = counterparts.of[manifest.name];
    if (there === undefined) throw new Error(`${manifest.name} has no counterpart`);
    const seen = earlier.get(manifest.name) ?? new Map<string, Json>();
    earlier.set(manifest.name, seen);
    if (name === "email.cancel") {
      const later = {
        from: "a@example.com",
        to: "b@example.com",
        subject: "s",
        text: "t",
        scheduled_at: "2099-01-01T00:00:00Z",
      };
      const scheduled = await invokeThere(manifest, "send", later, there);
      if (scheduled.ok) seen.set("scheduled", scheduled.output);
    }
    const input = there.fill?.(example.action, example.input, seen) ?? example.input;
    const result = await invokeThere(
      manifest,
      example.action,
      input,
      { ...there, ...there.instead?.[example.action] },
      SECRETS,
    );
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    seen.set(example.action, result.output);
    const output = manifest.actions.find((action) => action.name === example.action)?.output;
    expect(problemsOf(output, example.output)).toEqual([]);
    expect(differences(example.output, result.output)).toEqual([]);
    for (const secret of Object.values(SECRETS).filter((value) => value.length > 4)) {
      expect(JSON.stringify(result)).not.toContain(secret);
    }
  });
});
