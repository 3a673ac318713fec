import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { NodeStreamableHTTPServerTransport, toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import * as z from "zod";

/** A pixel. */
export const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

interface Seen {
  path: string;
  method: string;
  headers: IncomingMessage["headers"];
  /** What was asked, of those whose body is read here. */
  rpc?: Message;
}

interface Message {
  id?: unknown;
  method?: string;
  params?: { _meta?: Record<string, unknown> };
}

/** A hostile server's answers, by path: what it says to `tools/list` and to `tools/call`. */
export interface Script {
  tools?: unknown[];
  call?(response: ServerResponse, id: unknown): void;
}

/** Servers built with the official SDK (`/stateless`, `/session`, `/key`), and hostile ones by hand (`/hostile/…`). */
export class McpServers {
  readonly seen: Seen[] = [];
  readonly scripts: Record<string, Script> = {};
  /** Tools beside those that are always there. */
  extraTools: string[] = [];
  canceled = 0;
  /** What `slow` waits for when it has told of a part. */
  afterPart: (part: number) => Promise<void> = async () => {};
  /** How often `count` ran. */
  counted = 0;
  /** Who may call `/oauth`. */
  takesToken: (token: string) => Promise<boolean> = async () => false;
  port = 0;
  readonly #sessions = new Map<string, NodeStreamableHTTPServerTransport>();
  ended = 0;
  /** Calls that were in hand at once in one session, at most. */
  mostInSession = 0;
  readonly #inSession = new Map<string, number>();
  readonly #stateless = toNodeHandler(createMcpHandler(() => this.#build()));
  readonly #server = createServer((request, response) => {
    this.#handle(request, response).catch((error) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });

  async start(): Promise<this> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    const address = this.#server.address();
    this.port = typeof address === "object" && address !== null ? address.port : 0;
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  #build(): McpServer {
    const server = new McpServer({ name: "tides", version: "1.0.0" });
    const port = z.object({ port: z.string().min(1), days: z.int().min(1).max(7).default(1) });
    server.registerTool(
      "high_water",
      {
        description: "When the water is high",
        inputSchema: port,
        outputSchema: z.object({ port: z.string(), hours: z.array(z.number()) }),
        annotations: { readOnlyHint: true },
      },
      async ({ port: name, days }) => {
        const structuredContent = { port: name, hours: Array.from({ length: days }, (_, day) => 6 + day) };
        return { structuredContent, content: [{ type: "text", text: JSON.stringify(structuredContent) }] };
      },
    );
    server.registerTool("chart", { description: "A picture", inputSchema: z.object({}) }, async () => ({
      content: [
        { type: "text", text: "one" },
        { type: "image", data: PNG, mimeType: "image/png" },
        { type: "text", text: "two" },
      ],
    }));
    server.registerTool("broken", { inputSchema: z.object({ why: z.string() }) }, async ({ why }) => ({
      isError: true,
      content: [{ type: "text", text: `It broke: ${why}` }],
    }));
    server.registerTool("slow", { inputSchema: z.object({ ms: z.number() }) }, async ({ ms }, ctx) => {
      const progressToken = ctx.mcpReq._meta?.progressToken;
      for (let part = 1; part <= 4; part += 1) {
        await new Promise((resolve) => setTimeout(resolve, ms / 4));
        if (ctx.mcpReq.signal.aborted) {
          this.canceled += 1;
          break;
        }
        if (progressToken !== undefined)
          await ctx.mcpReq.notify({
            method: "notifications/progress",
            params: { progressToken, progress: part, total: 4, message: `part ${part}` },
          });
        await this.afterPart(part);
      }
      return { content: [{ type: "text", text: "done" }] };
    });
    server.registerTool("count", { inputSchema: z.object({}) }, async () => {
      this.counted += 1;
      await new Promise((resolve) => setTimeout(resolve, 30));
      return { content: [{ type: "text", text: String(this.counted) }] };
    });
    for (const name of this.extraTools)
      server.registerTool(name, { inputSchema: z.object({}) }, async () => ({
        content: [{ type: "text", text: name }],
      }));
    return server;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    this.seen.push({ path, method: request.method ?? "", headers: request.headers });
    if (path.startsWith("/hostile/")) return this.#hostile(path.slice("/hostile/".length), request, response);
    if (path === "/session") return this.#session(request, response);
    if (path === "/oauth" && !(await this.takesToken((request.headers.authorization ?? "").replace(/^Bearer /, "")))) {
      response.writeHead(401, { "www-authenticate": 'Bearer error="invalid_token"' }).end();
      return;
    }
    if (path === "/key" && request.headers["x-key"] !== "tide-key-123456") {
      response.writeHead(401).end();
      return;
    }
    await this.#stateless(request, response);
  }

  async #session(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = request.headers["mcp-session-id"];
    const message = request.method === "POST" ? await messageOf(request) : undefined;
    const seen = this.seen.at(-1);
    if (seen && message) seen.rpc = message;
    const open = typeof id === "string" && message?.id !== undefined ? id : undefined;
    if (open !== undefined) {
      const inHand = (this.#inSession.get(open) ?? 0) + 1;
      this.#inSession.set(open, inHand);
      this.mostInSession = Math.max(this.mostInSession, inHand);
      response.on("close", () => this.#inSession.set(open, (this.#inSession.get(open) ?? 1) - 1));
    }
    const known = typeof id === "string" ? this.#sessions.get(id) : undefined;
    if (typeof id === "string" && !known) {
      response.writeHead(404).end();
      return;
    }
    const transport =
      known ??
      new NodeStreamableHTTPServerTransport({
        sessionIdGenerator: () => randomUUID(),
        onsessioninitialized: (made) => void this.#sessions.set(made, transport),
        onsessionclosed: () => {
          this.ended += 1;
        },
      });
    if (!known) await this.#build().connect(transport);
    await transport.handleRequest(request, response, message);
  }

  /** As a server that was started anew: it knows no session. */
  forgetSessions(): void {
    this.#sessions.clear();
  }

  async #hostile(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const script = this.scripts[name] ?? {};
    const message = await messageOf(request);
    const answer = (body: object): void => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ jsonrpc: "2.0", id: message.id, ...body }));
    };
    if (message.id === undefined) response.writeHead(202).end();
    else if (message.method === "initialize")
      answer({
        result: {
          protocolVersion: "2025-06-18",
          capabilities: { tools: {} },
          serverInfo: { name: "hostile", version: "1" },
        },
      });
    else if (message.method === "tools/list") answer({ result: { tools: script.tools ?? [] } });
    else if (message.method === "tools/call" && script.call) script.call(response, message.id);
    else answer({ error: { code: -32601, message: "Method not found" } });
  }
}

async function messageOf(request: IncomingMessage): Promise<Message> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString("utf8") || "{}");
}
