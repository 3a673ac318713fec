import type { Client } from "./client.ts";
import type { JsonMap } from "./json.ts";
import { SERVICE_HOST } from "./use-platform.ts";

const ANYTHING: JsonMap = { type: "object" };

/** The connector whose service is the scripted one: three actions by envelope, the rest by direct requests. */
export const FLAKY: JsonMap = {
  connector: {
    type: "connector",
    kind: "http",
    name: "flaky",
    namespace: "outside",
    version: "1.0.1",
    displayName: "Flaky service",
    description: "Answers what a test has written down for it",
    // Of one execution 100 calls may be open; a service says itself when it takes more than ten at once.
    runtime: { resources: { concurrent: 100 } },
  },
  actions: [
    service("call", {}),
    service("anything", { output: {} }),
    service("typed", {
      output: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] },
    }),
    service("patient", { timeout: 30 }),
    service("hasty", { timeout: 1 }),
    service("stubborn", { retry: { max_attempts: 2, backoff: "fixed", initial_delay_ms: 50, jitter: false } }),
    {
      name: "strict",
      description: "An input with a schema",
      input: {
        type: "object",
        properties: { key: { type: "string" }, count: { type: "integer", minimum: 1 } },
        required: ["key", "count"],
        additionalProperties: false,
      },
      output: ANYTHING,
      handler: { http: { url: `http://${SERVICE_HOST}/execute`, method: "POST" } },
    },
    direct("fetch", {
      url: `http://${SERVICE_HOST}/things/\${input.id}`,
      method: "GET",
      query: { key: "${input.key}" },
    }),
    direct("put", {
      url: `http://${SERVICE_HOST}/things/\${input.id}`,
      method: "PUT",
      query: { key: "${input.key}" },
      body: { name: "${input.name}", size: "${input.size}", note: "size ${input.size}" },
    }),
    direct("send", {
      url: `http://${SERVICE_HOST}/send`,
      method: "POST",
      query: { key: "${input.key}" },
      body: { text: "${input.text}" },
    }),
    {
      ...direct("pick", {
        url: `http://${SERVICE_HOST}/pick`,
        method: "GET",
        query: { key: "${input.key}" },
        response: { extract: "$.items[*].id" },
      }),
      output: {},
    },
    direct("tolerant", {
      url: `http://${SERVICE_HOST}/tolerant`,
      method: "GET",
      query: { key: "${input.key}" },
      response: { status: [200, 404] },
    }),
    direct("rest", { url: `http://${SERVICE_HOST}/rest/{id}`, method: "POST", query: { key: "${input.key}" } }),
  ],
};

function service(name: string, more: JsonMap): JsonMap {
  return {
    name,
    description: `Calls the service: ${name}`,
    input: ANYTHING,
    output: ANYTHING,
    handler: { http: { url: `http://${SERVICE_HOST}/execute`, method: "POST" } },
    ...more,
  };
}

function direct(name: string, http: JsonMap): JsonMap {
  return { name, description: `A direct request: ${name}`, input: ANYTHING, output: ANYTHING, handler: { http } };
}

/** Publishes it; a platform that has it from an earlier run answers 409. */
export async function publishFlaky(api: Client): Promise<void> {
  const answer = await api.post("/plugins", FLAKY);
  if (![200, 201, 409].includes(answer.status)) throw new Error(`publish: ${answer.status} ${answer.text}`);
}

/** A step of the flaky connector. */
export function flaky(id: string, action: string, input: JsonMap, more: JsonMap = {}): JsonMap {
  return { id, connector: "connector:outside/flaky@1.0.1", action, input, ...more };
}
