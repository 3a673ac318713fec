import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, vi } from "vitest";
import { WebSocket } from "ws";
import { OtlpCollector } from "../support/otlp-collector.ts";
import type { TestPlatform } from "../support/test-platform.ts";
import { formsOf } from "./forms-of.ts";
import type { CanaryServers } from "./canary-servers.ts";
import { ANY_CONNECTOR, SAYING_BACK } from "./me-connector.ts";
import { dumpOf, objectRows, type Searched, storedFiles } from "./stored-bytes.ts";

/*
 * A credential of every kind is planted and used by calls that send it back, with success and without. Then every byte that the
 * platform stored, logged, streamed, delivered, exported or answered is searched for it, in any writing (threat T13).
 */

/** Header values are bytes of ASCII: what would need a writing of its own in JSON, URLs and pages stands in them. */
const SECRETS: Record<string, string> = {
  SECRET: 'canary/Secret+1 ="\\<&>',
  CODE: "canary/Code+666 ='",
  API_KEY: "canary/ApiKey+22?&",
  BEARER: "canary-Bearer.333~/+=",
  BASIC: "canary/Basic+4444:",
  CUSTOM_HEADER: "canary/Custom+5555<",
  // An access key as AWS makes them.
  AWS: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYcanaryKEY1",
  AWS_SESSION: "IQoJb3JpZ2luX2VjEcanary//////////wEaCXVzLWVhc3QtMSJHMEU=",
  COLLECTOR: "canary/Collector+77",
  NAMED: 'canary/Named+8="&',
  MCP: "canary/Mcp+99='<",
  MCP_SECRET: 'canary/McpSecret+10&"',
  TASK: "canary/Task+11/?=",
  TASK_SECRET: "canary/TaskSecret+12\\<",
  LONG: "canary/Long+13/=a-long-one-that-lies-across-the-border-of-two-pieces",
};

/** `NAMED` is of the type CUSTOM_HEADER, and has what it sends from secrets. */
const CONNECTIONS: Record<string, object> = {
  API_KEY: { api_key: SECRETS.API_KEY, in: "query", name: "k" },
  BEARER: { token: SECRETS.BEARER },
  BASIC: { username: "u", password: SECRETS.BASIC },
  CUSTOM_HEADER: { headers: { "x-custom": SECRETS.CUSTOM_HEADER } },
  NAMED: { headers: { "x-named": "Key ${secrets.NAMED_CANARY}" } },
  AWS_SIGV4: {
    access_key_id: "AKIAIOSFODNN7CANARYX",
    secret_access_key: SECRETS.AWS,
    session_token: SECRETS.AWS_SESSION,
    region: "eu-1",
    service: "s3",
  },
};

const MODULE = `
export async function act(input, context) {
  const answer = await fetch("http://api.test/api/echo", { headers: { authorization: "Bearer " + context.secrets.CODE_CANARY } });
  const text = await answer.text();
  console.log("it answered", text);
  context.log.info("it answered", { text });
  context.progress(50, text.slice(0, 300));
  if (input.fail) throw new Error(text);
  return { text, headers: Object.fromEntries(answer.headers) };
}`;

/** Receives webhooks and callbacks, and keeps what came. */
export async function startSink(): Promise<{ address: string; came: string[]; close(): void }> {
  const came: string[] = [];
  const server: Server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      came.push(`${request.url} ${JSON.stringify(request.headers)}\n${body}`);
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    came,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

interface Planted {
  platform: TestPlatform;
  dataDir: string;
  /** What webhooks at `http://sink.test` received. */
  came: string[];
  /** At `http://canaries.test`. */
  servers: CanaryServers;
  /** Name of the OAUTH2 connection of `acme/me` that is connected. */
  oauth: string;
  /** Besides: tokens that the provider gave, of the client. */
  more: () => Record<string, string>;
}

/** Plants, uses, searches. Answers where something was found. */
export async function searchForCanaries({ platform, dataDir, came, servers, oauth, more }: Planted): Promise<string[]> {
  const auth = { authorization: `Bearer ${platform.tenant.apiKey}` };
  const answers: Searched[] = [];
  async function call(method: string, path: string, body?: unknown, accept = "application/json") {
    const response = await fetch(`${platform.url}${path}`, {
      method,
      headers: { ...auth, accept, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    answers.push({ where: `${method} ${path} (${accept})`, text: text + JSON.stringify([...response.headers]) });
    return { status: response.status, body: (text.startsWith("{") ? JSON.parse(text) : {}) as Record<string, unknown> };
  }
  const must = async (method: string, path: string, body?: unknown) => {
    const answer = await call(method, path, body);
    expect(answer.status, `${method} ${path} ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    return answer.body;
  };

  const collector = await OtlpCollector.start();
  const streamed: string[] = [];
  const stop = new AbortController();
  try {
    await must("PUT", "/telemetry", {
      endpoint: `${collector.url}/otlp/`,
      headers: { authorization: `Bearer ${SECRETS.COLLECTOR}` },
    });
    await must("PUT", "/secrets/CANARY", { value: SECRETS.SECRET });
    await must("PUT", "/secrets/CODE_CANARY", { value: SECRETS.CODE });
    await must("PUT", "/secrets/NAMED_CANARY", { value: SECRETS.NAMED });
    await must("POST", "/connectors", {
      connector: { type: "connector", kind: "code", name: "leaky", namespace: "acme", version: "1.0.0" },
      actions: [
        {
          name: "act",
          handler: {
            code: {
              module: MODULE,
              hosts: ["api.test"],
              secrets: [{ name: "CODE_CANARY", in: ["header:authorization"] }],
            },
          },
        },
      ],
    });
    await must("POST", "/webhooks/endpoints", {
      url: "http://sink.test/hook",
      event_types: ["step.*", "workflow.*", "log"],
    });
    // One that refuses, and says why in the words that it was sent, its signing secret among them, which receivers know.
    const refusing = await fetch(`${platform.url}/webhooks/endpoints`, {
      method: "POST",
      headers: { ...auth, "content-type": "application/json" },
      body: JSON.stringify({ url: "http://canaries.test/refusing", event_types: ["workflow.failed"] }),
    });
    const receiver = (await refusing.json()) as { id: string; secret: string };
    servers.knows = receiver.secret;
    await must("PUT", "/secrets/MCP_CANARY", { value: SECRETS.MCP_SECRET });
    await must("PUT", "/secrets/TASK_CANARY", { value: SECRETS.TASK_SECRET });
    for (const [at, connector] of SAYING_BACK.entries()) {
      await must("POST", "/connectors", connector);
      const { name } = connector.connector;
      const token = [SECRETS.MCP, SECRETS.TASK, SECRETS.LONG][at];
      await must("POST", "/connections", {
        connector: `acme/${name}`,
        name: "canary",
        type: "BEARER",
        values: { token },
      });
    }
    await must("POST", "/plugins/acme--mcp-canary/refresh");
    await must("POST", "/connectors", ANY_CONNECTOR);
    const names: [string, string][] = [["me", oauth]];
    for (const [type, values] of Object.entries(CONNECTIONS)) {
      const connection = { connector: "acme/any", name: `canary-${type}`, values };
      await must("POST", "/connections", { ...connection, type: type === "NAMED" ? "CUSTOM_HEADER" : type });
      names.push(["any", `canary-${type}`]);
    }
    void fetch(`${platform.url}/events/stream`, {
      headers: { ...auth, accept: "text/event-stream" },
      signal: stop.signal,
    })
      .then(async ({ body }) => {
        for await (const chunk of body ?? []) streamed.push(Buffer.from(chunk).toString("utf8"));
      })
      .catch(() => undefined);

    const steps: { step: object; ends: string }[] = [];
    for (const [connector, connection] of names)
      for (const action of ["echo", "echo-fail"])
        steps.push({
          step: { connector: `connector:acme/${connector}@1`, action, connection },
          ends: action === "echo" ? "completed" : "failed",
        });
    const headers = { "x-secret": "{{ secrets.CANARY }}", "x-hash": "{{ secrets.CANARY | base64 | urlencode }}" };
    const asks = { connector: "connector:community/http@1.0.0", action: "request" };
    steps.push({
      step: { ...asks, input: { url: "http://api.test/api/echo", method: "GET", headers } },
      ends: "completed",
    });
    // It cannot be reached: the error speaks of the request.
    steps.push({
      step: { ...asks, input: { url: "http://gone.test/api/echo", method: "GET", headers } },
      ends: "failed",
    });
    for (const fail of [false, true])
      steps.push({
        step: { connector: "connector:acme/leaky@1", action: "act", input: { fail } },
        ends: fail ? "failed" : "completed",
      });
    const others: typeof steps = [];
    for (const fail of [false, true]) {
      const ends = fail ? "failed" : "completed";
      const action = fail ? "echo-fail" : "echo";
      others.push({ step: { connector: "connector:acme/mcp-canary", action }, ends });
      const input = { secret: "{{ secrets.TASK_CANARY }}", fail };
      others.push({ step: { connector: "connector:acme/task-canary", action: "work", input }, ends });
      others.push({ step: { connector: "connector:acme/long-canary", action: fail ? "long-fail" : "long" }, ends });
    }
    const every = ["async", "isolated"].flatMap((mode) => steps.map((one, index) => ({ ...one, mode, index })));
    for (const one of others) every.push({ ...one, mode: "async", index: every.length });
    for (let at = 0; at < every.length; at += 4) {
      await Promise.all(
        every.slice(at, at + 4).map(async ({ step, ends, mode, index }) => {
          const definition = {
            name: "Canaries",
            steps: [{ id: `s${index}`, retry: { max_attempts: 1 }, ...step }],
            outputs: { all: `{{ steps.s${index}.output }}` },
          };
          const { execution_id } = await must("POST", "/workflows/executions", {
            definition,
            execution_mode: mode,
            callback_url: "http://sink.test/callback",
          });
          const path = `/workflows/executions/${execution_id}`;
          const socket = new WebSocket(`${platform.url.replace(/^http/, "ws")}${path}/stream`, { headers: auth });
          const messages: string[] = [];
          socket.on("message", (data) => messages.push(String(data)));
          const closed = new Promise((resolve) => {
            socket.on("close", resolve);
            socket.on("error", resolve);
          });
          const ended = await must("GET", `${path}?wait=100`);
          expect(ended.status, JSON.stringify([mode, step, ended])).toBe(ends);
          await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 10_000))]);
          socket.terminate();
          expect(messages.join()).toContain("workflow.");
          answers.push({ where: `WebSocket of ${execution_id}`, text: messages.join("\n") });
          await call("GET", `${path}/events`, undefined, "text/event-stream");
          for (const more of ["/events?wait=0", "/logs", `/steps/s${index}`]) await call("GET", path + more);
        }),
      );
    }
    // Refusals of what holds one: an error never says it back.
    const value = SECRETS.SECRET;
    for (const [method, path, body] of [
      ["PUT", "/secrets/CANARY", { value, scope: { connectors: [1] } }],
      ["PUT", "/secrets/CANARY", { value: { nested: value } }],
      ["POST", "/connections", { connector: "acme/me", name: "bad", type: "OAUTH2", values: { client_secret: value } }],
      ["POST", "/connections", { connector: "acme/none", name: "bad", type: "BEARER", values: { token: value } }],
      ["POST", "/connections", { connector: "acme/me", name: "bad", type: "MTLS", values: { key: value } }],
      ["PUT", "/telemetry", { endpoint: "https://10.0.0.1/", headers: { authorization: value } }],
    ] as const)
      expect((await call(method, path, body)).status, path).toBeGreaterThanOrEqual(400);
    for (const path of [
      "/connections?limit=100",
      "/audit?limit=100",
      "/metrics",
      "/usage?group_by=workflow",
      "/webhooks/deliveries?limit=100",
      "/workflows/executions?limit=100",
      "/secrets/CANARY",
      "/telemetry",
      "/triggers",
      "/plugins/acme--leaky",
      `/workflows/executions?q=${encodeURIComponent(SECRETS.BEARER ?? "").slice(0, 40)}`,
    ])
      await call("GET", path);
    await vi.waitFor(
      () => {
        expect(came.filter((one) => one.startsWith("/callback")).length).toBeGreaterThanOrEqual(steps.length);
        expect(came.join()).toContain("workflow.failed");
        expect(JSON.stringify(collector.requests.map(({ body }) => body))).toContain("canaries");
        expect(streamed.join()).toContain("workflow.failed");
        expect(servers.refusals).toBeGreaterThan(0);
      },
      { timeout: 60_000, interval: 500 },
    );
    for (const verb of ["progress", "heartbeat", "complete", "fail"]) expect(servers.finished).toContain(verb);
    // A collector that refuses says back what it was sent, too.
    collector.status = 403;
    await must("POST", "/workflows/executions", {
      execution_mode: "sync",
      definition: {
        name: "Refused export",
        steps: [{ id: "s", connector: "calculator", action: "add", input: { a: 1, b: 1 } }],
      },
    });
    await vi.waitFor(() => expect(collector.refused).toBeGreaterThan(0), { timeout: 60_000, interval: 250 });
    const refused = (await must("GET", `/webhooks/deliveries?endpoint=${receiver.id}`)).data as { id: string }[];
    for (const { id } of refused.slice(0, 5)) await call("GET", `/webhooks/deliveries/${id}`);
    for (const path of ["/telemetry", "/webhooks/deliveries?limit=100", "/audit?limit=100"]) await call("GET", path);
    const searched: Searched[] = [
      ...storedFiles(dataDir),
      ...objectRows(dataDir),
      ...(await dumpOf(platform.platform.databasePort)),
      // What it sends to who is to have it is no leak: the collector's own header.
      { where: "OTLP", text: JSON.stringify(collector.requests.map(({ body }) => body)) },
      { where: "webhooks", text: came.join("\n") },
      { where: "the tenant's stream", text: streamed.join("") },
      ...answers,
    ];
    seesWhatIsThere(searched);
    return found(searched, { ...SECRETS, receiver: receiver.secret, ...more() });
  } finally {
    stop.abort();
    collector.close();
  }
}

/** A search that looks at nothing finds nothing: each place shows something that has to be in it. */
function seesWhatIsThere(searched: readonly Searched[]): void {
  const shows = (where: RegExp, what: string) =>
    expect(
      searched.some((it) => where.test(it.where) && it.text.includes(what)),
      `${where} shows ${what}`,
    ).toBe(true);
  shows(/^\/objects\//, "canary-BASIC");
  shows(/^\/objects\//, "***");
  shows(/^rows of /, "canary-BASIC");
  shows(/^rows of /, "***");
  shows(/^table public\.connections/, "canary-BASIC");
  shows(/^table public\.secrets/, "v1.");
  shows(/platform\.log$/, "");
  shows(/^OTLP$/, "canaries");
  shows(/^webhooks$/, "***");
  shows(/^the tenant's stream$/, "***");
  shows(/^WebSocket/, "***");
  shows(/text\/event-stream/, "***");
  shows(/\/logs /, "it answered");
  shows(/^GET \/metrics/, "canaries");
  shows(/^GET \/webhooks\/deliveries\/\w+/, "I refuse");
  shows(/^WebSocket/, "yyyy");
}

function found(searched: readonly Searched[], secrets: Record<string, string>): string[] {
  return Object.entries(secrets).flatMap(([kind, secret]) =>
    Object.entries(formsOf(secret)).flatMap(([form, text]) =>
      searched.filter((it) => it.text.includes(text)).map(({ where }) => `${kind} as ${form} in ${where}`),
    ),
  );
}
