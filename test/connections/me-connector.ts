import { ISSUER } from "./oauth-provider.ts";

/** An action whose API sends everything back, with success and without. */
const ECHOES = ["echo", "echo-fail"].map((name) => ({
  name,
  description: "e",
  input: {},
  handler: {
    http: {
      url: `http://api.test/api/${name}`,
      method: "GET",
      style: "direct",
      headers: { "x-secret": "${secrets.CANARY}" },
    },
  },
}));

/** A connector whose connections are OAUTH2 ones of the provider of these tests. */
export const ME_CONNECTOR = {
  connector: {
    type: "connector",
    kind: "http",
    name: "me",
    namespace: "acme",
    version: "1.0.0",
    displayName: "Me",
    description: "d",
    runtime: { environment: [{ name: "CANARY", secret: true }] },
  },
  auth: {
    type: "oauth2",
    issuer: ISSUER,
    scopes: ["openid", "offline_access"],
    parameters: { prompt: "consent" },
    test: "get",
  },
  actions: [
    {
      name: "get",
      description: "g",
      input: {},
      handler: { http: { url: "http://api.test/api/me", method: "GET", style: "direct" } },
    },
    ...ECHOES,
  ],
};

/** Servers of other kinds, which say back what they were sent: `canary-servers.ts`. */
export const SAYING_BACK = [
  {
    connector: {
      kind: "mcp-server",
      name: "mcp-canary",
      namespace: "acme",
      version: "1.0.0",
      server: { url: "http://canaries.test/mcp", headers: { "x-secret": "${secrets.MCP_CANARY}" } },
      runtime: { environment: [{ name: "MCP_CANARY", secret: true }] },
    },
    auth: { type: "bearer" },
  },
  {
    connector: { kind: "sdk", name: "task-canary", namespace: "acme", version: "1.0.0" },
    auth: { type: "bearer" },
    actions: [
      {
        name: "work",
        input: {
          type: "object",
          properties: { secret: { type: "string", "x-secret": true }, fail: { type: "boolean" } },
        },
        handler: { http: { style: "service", url: "http://canaries.test/execute" } },
      },
    ],
  },
  {
    connector: { kind: "http", name: "long-canary", namespace: "acme", version: "1.0.0" },
    auth: { type: "bearer" },
    actions: ["long", "long-fail"].map((name) => ({
      name,
      handler: { http: { url: `http://canaries.test/${name}`, method: "GET" } },
    })),
  },
];

/** The same API, of a connector that declares no auth: it takes connections of every type. */
export const ANY_CONNECTOR = {
  connector: { ...ME_CONNECTOR.connector, name: "any", displayName: "Any" },
  actions: ECHOES,
};
