import { describe, expect, test } from "vitest";
import { FIRST_PARTY } from "../first-party/all-connectors.ts";
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
    expect(styleOf("{url: 'https://a.example.com/x', method: POST, headers: {A: '${secrets.K}'}}")).toBe(
      "service POST",
    );
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
