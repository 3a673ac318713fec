import { neon, neonConfig } from "@neondatabase/serverless";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { JsonObject } from "../../engine/json.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { alteredVersions } from "./altered-versions.ts";
import { type CheckedClient, checkedClient } from "./checked-client.ts";
import { consentedSecrets } from "./consented-secrets.ts";
import { YAML } from "./documents.ts";
import { publishedNames } from "./published-names.ts";
import { whatPublishingAnswers } from "./what-publishing-answers.ts";

let platform: TestPlatform;
let call: CheckedClient;
let key: string;
let otherKey: string;

beforeAll(async () => {
  platform = await startTestPlatform({ services: false });
  call = await checkedClient(platform.url);
  key = platform.tenant.apiKey;
  otherKey = (await platform.newTenant("other")).apiKey;
});
afterAll(() => platform?.close());

/** A connector file whose one action takes `input`. */
function file(namespace: string, name: string, version: string, input: JsonObject = {}) {
  return {
    connector: { type: "connector", kind: "http", name, namespace, version, displayName: name, description: "d" },
    actions: [
      { name: "go", description: "g", input, handler: { http: { url: "https://example.com", method: "POST" } } },
    ],
  };
}

const publish = (by: string, body: object) => call(by, "POST", "/plugins", { body });

whatPublishingAnswers({
  call: (...asked) => call(...asked),
  publisher: () => key,
  other: () => otherKey,
  databasePort: () => platform.platform.databasePort,
});

describe("GET /plugins/{slug}/{version}/schema", () => {
  /** With a comment, and members that the platform itself does not keep. */
  const TEXT = `# The tides of a harbour
connector:
  type: connector
  name: tides
  namespace: schemas
  version: 1.0.0
  displayName: Tides
  description: High and low water
  changelog: "1.0.0: the first"
actions:
  - name: read
    input: {type: object, properties: {harbour: {type: string, default: "yes"}}}
    handler: {http: {url: "https://tides.example/read", method: POST}}
`;
  const path = "/plugins/schemas--tides/1.0.0/schema";
  const get = (at: string, accept?: string) => call(key, "GET", at, accept ? { headers: { accept } } : {});

  test("gives what was published, byte for byte", async () => {
    expect((await call(key, "POST", "/plugins", { raw: TEXT, type: YAML })).status).toBe(201);
    const plain = await get(path);
    expect([plain.status, plain.text]).toEqual([200, TEXT]);
    expect(plain.headers.get("content-type")).toBe("application/yaml; charset=utf-8");
    expect((await get(path, "text/yaml")).text).toBe(TEXT);

    const json = JSON.stringify(file("schemas", "ebbs", "1.0.0"), null, 3);
    expect((await call(key, "POST", "/plugins", { raw: json })).status).toBe(201);
    expect((await get("/plugins/ebbs/1.0.0/schema")).text).toBe(json);
  });

  test("gives the other form to who asks for it, with the same content", async () => {
    const asJson = await get(path, "application/json");
    expect(asJson.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(asJson.body).toEqual(parse(TEXT));
    const asYaml = await get("/plugins/ebbs/1.0.0/schema", "application/yaml, application/json;q=0.5");
    expect(asYaml.headers.get("content-type")).toBe("application/yaml; charset=utf-8");
    expect(parse(asYaml.text)).toEqual(file("schemas", "ebbs", "1.0.0"));
  });

  test("gives the platform's own connectors too", async () => {
    const { status, body } = await get("/plugins/calculator/1.0.0/schema");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      connector: { name: "calculator", version: "1.0.0" },
      actions: expect.arrayContaining([
        expect.objectContaining({ name: "add", handler: { function: "calculator.add" } }),
      ]),
    });
    expect((await get("/plugins/calculator/9.0.0/schema")).status).toBe(404);
  });
});

describe("a new version", () => {
  const city: JsonObject = { type: "object", properties: { city: { type: "string" } } };
  const narrower: [string, JsonObject, string][] = [
    ["a new required member", { ...city, required: ["city"] }, "/actions/0/input/required"],
    ["a member that is gone", { type: "object", properties: {} }, "/actions/0/input/properties/city"],
    [
      "a narrower type",
      { type: "object", properties: { city: { type: "integer" } } },
      "/actions/0/input/properties/city/type",
    ],
  ];

  test.each(narrower)("with %s needs a major number, by PUT and by POST", async (name, input, path) => {
    const slug = name.replaceAll(" ", "-");
    expect((await publish(key, file("versions", slug, "1.0.0", city))).status).toBe(201);
    const put = (version: string) =>
      call(key, "PUT", `/plugins/versions--${slug}`, { body: file("versions", slug, version, input) });
    const refusal = { status: 400, body: { code: "VALIDATION", details: { problems: [{ path }] } } };
    expect(await put("1.1.0")).toMatchObject(refusal);
    expect(await publish(key, file("versions", slug, "1.0.1", input))).toMatchObject(refusal);
    expect((await call(key, "GET", `/plugins/versions--${slug}`)).body.versions).toEqual(["1.0.0"]);
    expect((await put("2.0.0")).status).toBe(200);
  });

  test("that takes more may be a minor one", async () => {
    expect((await publish(key, file("versions", "wider", "1.0.0", { ...city, required: ["city"] }))).status).toBe(201);
    const wider = file("versions", "wider", "1.1.0", { ...city, properties: { city: { type: "string" }, n: {} } });
    expect((await call(key, "PUT", "/plugins/versions--wider", { body: wider })).status).toBe(200);
    // Below 1.1.0, but after 1.0.0: what counts is the version before it.
    const patch = file("versions", "wider", "1.0.1", { ...city, required: ["city"] });
    expect((await publish(key, patch)).status).toBe(201);
  });
});

describe("a namespace", () => {
  test("belongs to the tenant that published in it first", async () => {
    expect((await publish(key, file("harbour", "a", "1.0.0"))).status).toBe(201);
    const refused = await publish(otherKey, file("harbour", "b", "1.0.0"));
    expect(refused).toMatchObject({ status: 403, body: { code: "FORBIDDEN", details: { namespace: "harbour" } } });
    expect(refused.text).not.toContain(platform.tenant.tenantId);
    expect((await call(otherKey, "GET", "/plugins/harbour--b")).status).toBe(404);
    expect((await publish(key, file("harbour", "b", "1.0.0"))).status).toBe(201);
  });

  test("is not claimed by a publication that was refused", async () => {
    const broken = { ...file("quay", "a", "1.0.0"), actions: [] };
    expect((await publish(key, broken)).status).toBe(400);
    expect((await publish(otherKey, file("quay", "a", "1.0.0"))).status).toBe(201);
  });

  test("of the platform is nobody's, except that community is open while developing", async () => {
    for (const namespace of ["smartify", "official"])
      expect(await publish(key, file(namespace, "a", "1.0.0"))).toMatchObject({ status: 403 });
    expect((await publish(key, file("community", "mine", "1.0.0"))).status).toBe(201);
    expect((await publish(otherKey, file("community", "theirs", "1.0.0"))).status).toBe(201);
  });
});

const published = async (by: string, body: object) => {
  const { status, text } = await publish(by, body);
  expect(status, text).toBe(201);
};

publishedNames({ call: (...request) => call(...request), publish: published, keys: () => ({ key, otherKey }) });

alteredVersions({
  call: (...request) => call(...request),
  publish: published,
  key: () => key,
  sql: () => {
    neonConfig.fetchEndpoint = () => `http://127.0.0.1:${platform.platform.databasePort}/sql`;
    return neon("postgres://a:b@c/d");
  },
});

consentedSecrets({
  call: (...request) => call(...request),
  publish: published,
  publisher: () => key,
  other: () => otherKey,
});
