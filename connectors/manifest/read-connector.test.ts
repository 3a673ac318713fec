import { describe, expect, test } from "vitest";
import { FIRST_PARTY } from "../first-party/all-connectors.ts";
import { http } from "../first-party/http.ts";
import { pinAction } from "./pin-action.ts";
import { readConnector, readConnectorValue } from "./read-connector.ts";

function manifestOf(text: string) {
  const { manifest, problems } = readConnector(text, "yaml");
  expect(problems).toEqual([]);
  if (manifest === undefined) throw new Error("no manifest");
  return manifest;
}

const head = (rest = "") =>
  `connector:\n  type: connector\n  kind: http\n  name: github\n  namespace: acme\n  version: 1.0.0\n${rest}`;
const one = (handler: string, rest = "") => `${head(rest)}actions:\n  - name: act\n    handler: ${handler}\n`;

describe("a connector file", () => {
  test("may use every handler kind", () => {
    const handlers = {
      http: "{http: {url: 'https://api.example.com/x', method: GET}}",
      function: "{function: weather.get}",
      command: "{command: ./run.py, args: [--json], env: {A: b}, working_dir: /srv, security: {sandbox: true}}",
      kafka: "{kafka: {topic: a, response_topic: b, key: k, timeout: 30}}",
      mcp: "{mcp: {url: 'https://mcp.example.com', tool: search}}",
      code: "{code: {module: 'export default () => 1', timeout: 5}}",
    };
    for (const [kind, handler] of Object.entries(handlers))
      expect(manifestOf(one(handler)).actions[0]?.handler.kind).toBe(kind);
  });

  test("whose http handler names an input that the schema does not list is refused at its place, with what was meant", () => {
    const http = "{http: {endpointTemplate: '/books/${input.idd}', method: GET, query: {l: ['{{ inputs.lang }}']}}}";
    const problems = (input: string, handler = http) =>
      readConnector(
        `${head()}actions:\n  - name: act\n    input: ${input}\n    handler: ${handler}\n`,
        "yaml",
      ).problems.map(({ path, suggestion }) => `${path} ${suggestion}`);
    const properties = "properties: {id: {type: string}, lang: {type: string}}";
    const found = ["/actions/0/handler/http/endpointTemplate id"];
    expect(problems(`{type: object, ${properties}}`)).toEqual(found);
    expect(problems(`{type: object, additionalProperties: false, ${properties}}`)).toEqual(found);
    for (const open of ["additionalProperties: true", "anyOf: [{}]", "patternProperties: {'^i': {}}"])
      expect(problems(`{type: object, ${open}, ${properties}}`)).toEqual([]);
    const inPath = http.replace("${input.idd}", "{idd}");
    expect(problems(`{type: object, ${properties}}`, inPath)).toEqual(found);
    for (const other of ["{id}", "{id.in}"])
      expect(problems(`{type: object, ${properties}}`, inPath.replace("{idd}", other))).toEqual([]);
    expect(problems("{type: object}")).toEqual([]);
    expect(
      problems(`{type: object, ${properties}}`, "{code: {module: 'export default (input) => `${input.idd}`'}}"),
    ).toEqual([]);
    expect(problems(`{type: object, ${properties}}`, http.replace("idd", "id"))).toEqual([]);
  });

  test("may declare auth in both spellings, at either place, flat or nested", () => {
    const flat = (auth: string) => manifestOf(`${one("{function: f}")}auth: ${auth}\n`).auth;
    expect(flat("{type: apiKey, in: query, name: key, prefix: Token}")).toEqual({
      type: "API_KEY",
      in: "query",
      name: "key",
      prefix: "Token",
    });
    expect(flat("{type: API_KEY, name: X}")).toMatchObject({ type: "API_KEY" });
    for (const [word, type] of [
      ["oauth2", "OAUTH2"],
      ["bearer", "BEARER"],
      ["BASIC", "BASIC"],
      ["custom", "CUSTOM"],
      ["mtls", "MTLS"],
      ["CUSTOM_HEADER", "CUSTOM_HEADER"],
    ]) {
      expect(flat(`{type: ${word}}`)?.type).toBe(type);
    }
    const nested = manifestOf(
      one(
        "{function: f}",
        "  auth:\n    type: oauth2\n    oauth2:\n      tokenUrl: https://example.com/t\n      scopes: [read]\n",
      ),
    );
    expect(nested.auth).toEqual({ type: "OAUTH2", options: { tokenUrl: "https://example.com/t", scopes: ["read"] } });
  });

  test("keeps runtime, resources, approval and security", () => {
    const runtime =
      "  runtime:\n    memory: 512MB\n    environment:\n      - {name: API_KEY, required: true}\n    resources: {cpu: '1.0', memory: 1GB, timeout: 300, storage: {maxSize: 1GB, ephemeral: true}, network: {bandwidth: 10MB/s}, limits: {maxProcesses: 10, maxFileDescriptors: 1024}}\n  approval: {required: first_use, approvers: [ops], onTimeout: reject}\n  security: {trustLevel: verified, dataFlow: outbound, requiredScopes: [a]}\n  supports: [mcp]\n";
    const manifest = manifestOf(one("{function: f}", runtime));
    expect(manifest.runtime).toMatchObject({
      memory: "512MB",
      timeoutMs: 300_000,
      environment: [{ name: "API_KEY", required: true }],
    });
    expect(manifest.security).toMatchObject({ trustLevel: "verified" });
  });

  test("whose actions are to be approved says so to every step, installing it being the first use", () => {
    const pinnedBy = (written: string, ofAction = "") =>
      pinAction(manifestOf(one(`{function: f}${ofAction}`, written && `  approval: ${written}\n`)), "act")?.approval;
    for (const none of ["", "{required: never}", "{required: false}", "{required: first_use, approvers: [ops]}"])
      expect(pinnedBy(none), none).toBeUndefined();
    expect(pinnedBy("{required: always, approvers: [ops], timeout: 10m, onTimeout: escalate, message: m}")).toEqual({
      approvers: ["ops"],
      timeout: 600,
      onTimeout: "escalate",
      message: "m",
    });
    expect(pinnedBy("{required: true}")).toEqual({ approvers: [] });
    expect(pinnedBy("{approvers: [ops]}")).toEqual({ approvers: ["ops"] });
    expect(pinnedBy("{required: admin_approval}")).toEqual({ approvers: ["admin"] });
    expect(pinnedBy("", "\n    approval: {required: always, approvers: [boss]}")).toEqual({ approvers: ["boss"] });
    expect(pinnedBy("{required: always}", "\n    approval: {required: never}")).toBeUndefined();
    // What an earlier release published, it kept as it was written.
    const old = {
      ...manifestOf(one("{function: f}")),
      approval: { required: "always", timeout: 600, why: "x" } as object,
    };
    expect(pinAction(old, "act")?.approval).toEqual({ approvers: [], timeout: 600 });
    const ofOld = (required: string) => pinAction({ ...old, approval: { required } as object }, "act")?.approval;
    for (const none of ["FIRST_USE", "First-Use", "Never", "none", "NONE"]) expect(ofOld(none), none).toBeUndefined();
    expect([ofOld("ADMIN_APPROVAL"), ofOld("Always")]).toEqual([{ approvers: ["admin"] }, { approvers: [] }]);
  });

  test("says how long its outputs are kept, and nothing that would have no effect", () => {
    const pinned = (more: string) => pinAction(manifestOf(one(`{function: f}\n    ${more}`)), "act")?.cache;
    expect([pinned("cache: {ttl: 10m}"), pinned("cache: {}"), pinned("cache: {ttl: 0}")]).toEqual([
      { ttlMs: 600_000 },
      {},
      { ttlMs: 0 },
    ]);
    const old = manifestOf(one("{function: f}"));
    const [action] = old.actions;
    const keyed = { ...action, cache: { ttlMs: 5, key: "${input.id}" } } as NonNullable<typeof action>;
    expect(pinAction({ ...old, actions: [keyed] }, "act")?.cache).toEqual({ ttlMs: 5 });
    const problemsOf = (more: string) =>
      readConnector(one(`{function: f}\n    ${more}`), "yaml").problems.map(
        ({ path, message }) => `${path} ${message}`,
      );
    expect(problemsOf("cache: {ttl: 60, key: x}")).toEqual([
      expect.stringMatching(/^\/actions\/0\/cache\/key .*by its input/),
    ]);
    expect(problemsOf("rateLimit: {rpm: 3}")).toEqual([
      expect.stringMatching(/rateLimit of an action is not enforced here/),
    ]);
    const told = (ofAction: string, ofConnector = "  context: [inputs, environment, {previous_steps: [a]}]\n") =>
      readConnector(one(`{function: f}\n    ${ofAction}`, ofConnector), "yaml").problems.map((it) => it.path);
    const [cache, narrowed] = ["cache: {ttl: 60}", "context: [environment]"];
    expect(told(cache)).toEqual(["/actions/0/cache"]);
    expect(told("cache: {ttl: 60}\n    context: [{previous_steps: [a]}]", "")).toEqual(["/actions/0/cache"]);
    expect([told(cache, ""), told(`${cache}\n    ${narrowed}`), told("cache: {ttl: 0}")]).toEqual([[], [], []]);
    expect(problemsOf("approval: {required: sometimes}")).toEqual([
      expect.stringMatching(/approval\/required .*first_use/),
    ]);
    expect(problemsOf("approval: {requird: always}")).toEqual([expect.stringMatching(/unknown key "requird"/)]);
  });

  test("an action whose input names the method is idempotent with those that are, unless it says so itself", () => {
    const methods = ["GET", "HEAD", "PUT", "DELETE"];
    const idempotentWith = { member: "method", methods, otherwise: true };
    expect(pinAction(http, "request")).toMatchObject({ idempotent: false, idempotentWith });
    const requestWith = (more: object) => {
      const [request] = http.actions.filter(({ name }) => name === "request");
      if (request === undefined) throw new Error("there is no request");
      return pinAction({ ...http, actions: [{ ...request, ...more }] }, "request")?.idempotentWith;
    };
    expect(requestWith({ input: { properties: { method: { default: "POST" } } } })?.otherwise).toBe(false);
    expect(requestWith({ input: {} })?.otherwise).toBe(false);
    for (const idempotent of [true, false]) expect(requestWith({ idempotent })).toBeUndefined();
    expect(pinAction(http, "post")).toMatchObject({ idempotent: false });
    expect(pinAction(http, "post")).not.toHaveProperty("idempotentWith");
  });

  test("may have the older plugin form", () => {
    const text =
      "plugin:\n  slug: github\n  name: GitHub Integration\n  version: 1.2.0\n  tags: [vcs]\n  description: d\n  actions:\n    - name: a\n      handler: {function: f}\n";
    const { manifest, problems } = readConnector(text, "yaml", { namespace: "acme" });
    expect(problems).toEqual([]);
    expect(manifest).toMatchObject({
      namespace: "acme",
      name: "github",
      displayName: "GitHub Integration",
      categories: ["vcs"],
    });
  });

  test("may describe an action the way the action engine does", () => {
    const action =
      "actions:\n  - name: get_order\n    method: GET\n    endpointTemplate: /orders/{id}\n    pathSchema: {properties: {id: {type: string}}}\n    querySchema: {properties: {expand: {type: string}}}\n    headersTemplate: {X-Trace: '${input.trace}'}\n    retryStrategy: FIXED\n    maxAttempts: 4\n    initialDelayMs: 50\n    maxDelayMs: 100\n    timeoutMs: 2500\n";
    const pinned = pinAction(manifestOf(`${head()}${action}`), "get_order");
    expect(pinned).toMatchObject({
      plugin: "http",
      idempotent: true,
      timeoutMs: 2500,
      retry: { maxAttempts: 4, backoff: "fixed", initialDelayMs: 50, maxDelayMs: 100 },
    });
    expect(pinned?.handler).toMatchObject({ style: "direct", method: "GET", url: "/orders/{id}" });
  });

  test("reports every problem at once, in its place, with the nearest name", () => {
    const text = `connector:\n  kind: htp\n  name: Git Hub\n  namespace: acme\n  version: one\n  descripton: x\nactions:\n  - name: a\n    input: {type: objekt}\n    handler: {http: {url: x, methd: GET, urlValidation: {alowedDomains: []}}}\n`;
    const { problems } = readConnector(text, "yaml");
    const found = problems.map(({ path, line, column, suggestion }) => [path, line, column, suggestion]);
    expect(found).toEqual(
      expect.arrayContaining([
        ["/connector/kind", 2, 9, "http"],
        ["/connector/name", 3, 9, undefined],
        ["/connector/version", 5, 12, undefined],
        ["/connector/descripton", 6, 3, "description"],
        ["/actions/0/input/type", 9, 19, "object"],
        ["/actions/0/handler/http/methd", 10, 30, "method"],
        ["/actions/0/handler/http/urlValidation/alowedDomains", 10, 58, "allowedDomains"],
      ]),
    );
    expect(found).toHaveLength(7);
  });

  test("refuses two kinds of handler, two actions of one name, no actions and no namespace", () => {
    const messages = (text: string) =>
      readConnector(text, "yaml")
        .problems.map(({ message }) => message)
        .join("\n");
    expect(messages(one("{function: f, http: {url: x}}"))).toContain("one kind");
    expect(messages(`${one("{function: f}")}  - name: act\n    handler: {function: g}\n`)).toContain("two actions");
    expect(messages(`${head()}actions: []\n`)).toContain("at least one action");
    expect(messages("connector: {name: a, version: 1.0.0}\nactions: [{name: a, handler: {function: f}}]\n")).toContain(
      "namespace is required",
    );
    expect(messages("- a")).toContain("must be a map");
    expect(readConnectorValue({ connector: 3 }).problems[0]).toEqual({
      path: "/connector",
      message: "connector must be a map",
    });
  });

  test("of every first-party connector would be accepted as a file", () => {
    for (const manifest of FIRST_PARTY) {
      expect(manifest.actions.length).toBeGreaterThan(0);
      const names = manifest.actions.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

describe("the style of an http handler", () => {
  const styleOf = (http: string) => {
    const handler = manifestOf(one(`{http: ${http}}`)).actions[0]?.handler;
    return handler?.kind === "http" ? `${handler.style} ${handler.method}` : undefined;
  };

  test("is service for a plain POST, direct for everything else", () => {
    expect(styleOf("{url: 'http://s:8000/execute', method: POST}")).toBe("service POST");
    expect(styleOf("{url: 'http://s:8000/execute'}")).toBe("service POST");
    expect(styleOf("{url: 'http://s:8000/x', method: GET, style: service}")).toBe("service POST");
    expect(styleOf("{url: 'https://a.example.com/x', method: GET}")).toBe("direct GET");
    expect(styleOf("{url: 'https://a.example.com/${input.id}', method: POST}")).toBe("direct POST");
    expect(styleOf("{url: 'https://a.example.com/x', method: POST, body: {a: 1}}")).toBe("direct POST");
    expect(styleOf("{url: 'https://a.example.com/x', query: {a: 1}}")).toBe("direct GET");
    expect(styleOf("{url: 'https://a.example.com/x', method: POST, style: direct}")).toBe("direct POST");
    expect(styleOf("{url: 'https://a.example.com/x', method: POST, headers: {A: '${env.K}'}}")).toBe("service POST");
  });
});

describe("a pin", () => {
  test("merges retries member by member, action before handler before connector, and takes the least time limit", () => {
    const text = `${head("  retry: {max_attempts: 9, backoff: fixed, max_delay_ms: 7}\n  runtime: {timeout: 20}\n")}actions:\n  - name: act\n    timeout: 30\n    retry: {max_attempts: 2}\n    handler: {http: {url: 'http://s/execute', timeout: 25, retry: {max_attempts: 5, backoff: linear}}}\n`;
    expect(pinAction(manifestOf(text), "act")).toMatchObject({
      timeoutMs: 20_000,
      retry: { maxAttempts: 2, backoff: "linear", maxDelayMs: 7 },
    });
    expect(pinAction(manifestOf(text), "other")).toBeUndefined();
  });

  test("runs first-party functions in the toolbox and nobody else's", () => {
    const [calculator] = FIRST_PARTY;
    expect(calculator && pinAction(calculator, "add")).toMatchObject({ plugin: "toolbox", idempotent: true });
    expect(pinAction(manifestOf(one("{function: calculator.add}")), "act")).toMatchObject({
      plugin: "none",
      idempotent: false,
    });
    expect(calculator && pinAction({ ...calculator, namespace: "acme" }, "add")?.plugin).toBe("none");
  });

  test("knows which members may hold a secret, at any depth", () => {
    const input =
      "input: {type: object, properties: {token: {type: string, x-secret: true}, rows: {type: array, items: {properties: {key: {x-secret: true}}}}, extra: {additionalProperties: {x-secret: true}}}}";
    const manifest = manifestOf(`${head()}actions:\n  - name: act\n    ${input}\n    handler: {function: f}\n`);
    expect(pinAction(manifest, "act")?.secretMembers).toEqual(["/token", "/rows/*/key", "/extra/*"]);
    const http = FIRST_PARTY.find(({ name }) => name === "http");
    expect(http && pinAction(http, "post")).toMatchObject({
      plugin: "http",
      idempotent: false,
      secretMembers: ["/headers", "/auth"],
    });
  });
});
