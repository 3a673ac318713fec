import { expect, test } from "vitest";
import type { OpenConnection } from "../../../../connectors/auth/credentials.ts";
import { callOf, depsOf, identity, type Sent } from "../../../../connectors/testing/world.ts";
import { callTool } from "./call-tool.ts";

/* A server that says 401 to everybody: which token is renewed then, and which was never sent. */

const CONNECTION: OpenConnection = {
  id: "con_1",
  type: "OAUTH2",
  config: { base_url: "https://api.acme.dev" },
  values: { access_token: "tok-of-acme-1" },
  tokenVersion: 1,
};

async function refused(url: string, server: string, auth?: string, renewed: Partial<OpenConnection> = {}) {
  const asked: (number | undefined)[] = [];
  const sent: Sent[] = [];
  const call = callOf(
    "{url: 'https://api.acme.dev/mcp', method: POST}",
    { server },
    auth === undefined ? {} : { auth },
  );
  const handler = { kind: "mcp", url, tool: "go" };
  const result = await callTool({ ...call, action: { ...call.action, handler } }, identity, {
    ...depsOf({ answer: () => new Response(null, { status: 401 }) }, sent),
    findConnection: async ({ stale }) => {
      asked.push(stale);
      return stale === undefined ? CONNECTION : { ...CONNECTION, ...renewed };
    },
    background: () => undefined,
    progress: () => undefined,
  });
  expect(result).toMatchObject({ ok: false, error: { details: { status: 401 } } });
  return { asked, tokens: sent.map(({ headers }) => headers.authorization) };
}

test("a token that a server refuses is renewed once", async () => {
  const next = { values: { access_token: "tok-of-acme-2" }, tokenVersion: 2 };
  expect(await refused("https://api.acme.dev/mcp", "", "{type: oauth2}", next)).toEqual({
    asked: [undefined, 1],
    tokens: ["Bearer tok-of-acme-1", "Bearer tok-of-acme-2"],
  });
});

test("one that was not sent, for the input chose the server, is not renewed", async () => {
  expect(await refused("${input.server}", "https://other.dev/mcp")).toEqual({
    asked: [undefined],
    tokens: [undefined],
  });
});

test("where there is no other token the first answer is the answer, and another connection's is another token", async () => {
  const one = await refused("https://api.acme.dev/mcp", "", "{type: oauth2}");
  expect(one).toEqual({ asked: [undefined, 1], tokens: ["Bearer tok-of-acme-1"] });
  const next = { id: "con_2", values: { access_token: "tok-of-acme-2" } };
  const other = await refused("https://api.acme.dev/mcp", "", "{type: oauth2}", next);
  expect(other.tokens).toEqual(["Bearer tok-of-acme-1", "Bearer tok-of-acme-2"]);
});
