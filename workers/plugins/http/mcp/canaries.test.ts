import { describe, expect, test } from "vitest";
import { callOf, depsOf, identity } from "../../../../connectors/testing/world.ts";
import type { OpenConnection } from "../../../../connectors/auth/credentials.ts";
import type { Json } from "../../../../engine/json.ts";
import { callTool } from "./call-tool.ts";
import { listTools } from "./list-tools.ts";

/* A server that says back what it signed the call in with, so that each place where its words are cut cuts it in two. */

const CANARY = "canary-Bearer.333~/+=";
const HEAD = "canary-B";
const CONNECTION: OpenConnection = { id: "con_1", type: "BEARER", config: {}, values: { token: CANARY } };
/** Begins the secret so that a cut at `bound` leaves most of it. */
const astride = (bound: number) => `${"p".repeat(bound - CANARY.length + 2)}${CANARY} ${"q".repeat(80)}`;

interface Message {
  id?: number;
  method: string;
  params?: { _meta?: { progressToken?: number } };
}

/** Answers as a server of the protocol: `say` gives the lines of an answer to a method that matters here. */
function server(say: (message: Message) => object[]): typeof fetch {
  return async (_target, init) => {
    const message: Message = JSON.parse(String(init?.body));
    if (message.id === undefined) return new Response(null, { status: 202 });
    const hello = {
      protocolVersion: "2025-06-18",
      capabilities: { tools: {} },
      serverInfo: { name: "echo", version: "1" },
    };
    const known = message.method === "tools/list" || message.method === "tools/call";
    const lines = message.method === "initialize" ? [{ result: hello }] : known ? say(message) : [NO_METHOD];
    const events = lines.map((line) => {
      const id = "method" in line ? {} : { id: message.id };
      return `data: ${JSON.stringify({ jsonrpc: "2.0", ...id, ...line })}\n\n`;
    });
    return new Response(events.join(""), { headers: { "content-type": "text/event-stream" } });
  };
}
const NO_METHOD = { error: { code: -32601, message: "Method not found" } };

const base = (fetch: typeof globalThis.fetch) => ({
  ...depsOf({ connection: CONNECTION }, []),
  fetch,
  background: () => undefined,
});

async function call(fetch: typeof globalThis.fetch) {
  const asked = callOf("{url: 'https://mcp.example.com/mcp', method: POST}", {}, { auth: "{type: BEARER}" });
  const handler = { kind: "mcp", url: "https://mcp.example.com/mcp", tool: "go" };
  const said: (string | undefined)[] = [];
  const result = await callTool({ ...asked, action: { ...asked.action, handler } }, identity, {
    ...base(fetch),
    progress: ({ message }) => void said.push(message),
  });
  return { result, said };
}

const list = (tools: Json) =>
  listTools(
    {
      tenantId: "ten_1",
      environment: "live",
      connector: "acme/echo",
      connectorVersion: "1.0.0",
      handler: { kind: "mcp", url: "https://mcp.example.com/mcp" },
      auth: { type: "BEARER" },
    },
    base(
      server(() => (typeof tools === "string" ? [{ error: { code: 1, message: tools } }] : [{ result: { tools } }])),
    ),
  );

describe("what an MCP server says of a call holds no part of its credential", () => {
  test("in a tool's own failure, its text and its structure, where they are cut", async () => {
    const text = server(() => [{ result: { isError: true, content: [{ type: "text", text: astride(2_000) }] } }]);
    const one = (await call(text)).result;
    expect(one).toMatchObject({ ok: false, error: { message: expect.stringMatching(/^p+\*\*\*/) } });
    expect(JSON.stringify(one)).not.toContain(HEAD);
    const structuredContent = { a: astride(2_000 - 6) };
    const two = (await call(server(() => [{ result: { isError: true, content: [], structuredContent } }]))).result;
    expect(two).toMatchObject({ error: { details: { upstream: expect.stringMatching(/\*\*\*/) } } });
    expect(JSON.stringify(two)).not.toContain(HEAD);
  });

  test("in an error of the protocol, and in an answer that is none", async () => {
    const { result } = await call(server(() => [{ error: { code: -32000, message: astride(2_000) } }]));
    expect(result).toMatchObject({ ok: false, error: { message: expect.stringMatching(/p\*\*\*/) } });
    expect(JSON.stringify(result)).not.toContain(HEAD);
    for (let bound = 300; bound <= 520; bound += 11) {
      const odd = await call(server(() => [{ result: { content: astride(bound) } }]));
      expect(odd.result.ok).toBe(false);
      expect(JSON.stringify(odd.result), `at ${bound}`).not.toContain(HEAD);
    }
  });

  test("in its progress", async () => {
    const { result, said } = await call(
      server(({ params }) => [
        {
          method: "notifications/progress",
          params: { progressToken: params?._meta?.progressToken, progress: 1, total: 2, message: astride(500) },
        },
        { result: { content: [{ type: "text", text: `done ${CANARY}` }] } },
      ]),
    );
    expect(result).toMatchObject({ ok: true, output: { text: "done ***" } });
    expect(said).toEqual([expect.stringMatching(/^p+\*\*\*/)]);
    expect(said.join()).not.toContain(HEAD);
  });
});

describe("what an MCP server lists holds nothing of the credential that asked", () => {
  const schema = { type: "object", properties: { a: { type: "string", enum: [CANARY], description: astride(2_000) } } };
  // Without the letters that nobody sees it is whole again.
  const parted = `${CANARY.slice(0, 9)}\u200B${CANARY.slice(9)}`;

  test("in descriptions and schemas, also where hidden letters part it", async () => {
    const answer = await list([
      { name: "go", description: astride(2_000), inputSchema: schema, outputSchema: schema },
      { name: "two", description: parted, inputSchema: { type: "object", title: parted } },
    ]);
    expect(answer).toMatchObject({ ok: true, tools: [{ tool: "go" }, { tool: "two", description: "***" }] });
    expect(JSON.stringify(answer)).not.toContain(HEAD);
  });

  test("in refusals: of names, of schemas, and in the server's own words", async () => {
    const refusals = await Promise.all([
      list([{ name: `go_${CANARY}`, inputSchema: { type: "object" } }]),
      list([{ name: `${CANARY}\u200B`, inputSchema: { type: "object" } }]),
      list([{ name: parted, inputSchema: { type: "object" } }]),
      list([{ name: "go", inputSchema: { type: "object", properties: { [CANARY]: { type: CANARY } } } }]),
      list(`no ${CANARY}`),
    ]);
    for (const answer of refusals) {
      expect(answer).toMatchObject({ ok: false, failure: { message: expect.stringContaining("***") } });
      expect(JSON.stringify(answer)).not.toContain(HEAD);
    }
    expect(refusals[0]).toMatchObject({ failure: { message: expect.stringContaining("`actions`") } });
  });
});
