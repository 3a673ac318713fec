import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import * as z from "zod";

/* What the calls of C2 and C5 and the bare fetches beside them reach: a process of its own, whose CPU is nobody's. It lives as long as
 * the one that started it. */

const KEEP_ALIVE_MS = 60_000;

/** `/mcp`: a server of the official SDK, with one tool. */
const mcp = toNodeHandler(
  createMcpHandler(() => {
    const server = new McpServer({ name: "sums", version: "1.0.0" });
    const numbers = {
      inputSchema: z.object({ a: z.number(), b: z.number() }),
      outputSchema: z.object({ result: z.number() }),
    };
    server.registerTool("add", numbers, async ({ a, b }) => ({ structuredContent: { result: a + b }, content: [] }));
    return server;
  }),
);

function add(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { a, b } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    const text = JSON.stringify({ result: a + b });
    // With a length, as servers of JSON answer: Node leaves it out once a head was written.
    response.writeHead(200, { "content-type": "application/json", "content-length": text.length }).end(text);
  });
}

const server = createServer((request, response) => {
  if (request.url === "/mcp") void mcp(request, response);
  else add(request, response);
});
server.keepAliveTimeout = KEEP_ALIVE_MS;
if (!process.send) throw new Error("started by calls/open-sums.ts only");
process.on("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", () => process.send?.(server.address()));
