import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a stream reads at once; and what of an error's body is kept. */
const PIECE = 65_536;
const KEPT_OF_AN_ERROR = 2_000;

export interface CanaryServers {
  address: string;
  /** Calls of the task service whose task was finished, by which verb. */
  finished: string[];
  /** How often the hook that refuses was called. */
  refusals: number;
  /** Its signing secret. */
  knows: string;
  close(): void;
}

/**
 * Servers that say back what they were sent, each in its own way: an MCP server (`/mcp`: result, progress, error), a service that finishes later
 * with a task token (`/execute`), a body that comes in pieces with the credential across their borders (`/long`), and a webhook receiver that
 * refuses (`/refusing`).
 */
export async function startCanaryServers(platform: () => string): Promise<CanaryServers> {
  const finished: string[] = [];
  const state = { refusals: 0, knows: "" };
  const server: Server = createServer((request, response) => {
    void answer(request, response).catch((error) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const told = JSON.stringify(request.headers);
    if (request.url?.startsWith("/mcp")) return mcp(JSON.parse(body || "{}"), told, response);
    if (request.url?.startsWith("/long")) return long(request.url.includes("fail"), told, response);
    if (request.url?.startsWith("/refusing")) {
      state.refusals += 1;
      response.writeHead(410, { "content-type": "text/plain" }).end(`I refuse ${told} ${state.knows} ${body}`);
      return;
    }
    const { input, context } = JSON.parse(body) as {
      input: { secret: string; fail: boolean };
      context: { task_token: string };
    };
    response.writeHead(202, { "content-type": "application/json" });
    response.end(JSON.stringify({ status: "pending", task_token: context.task_token }));
    await later(context.task_token, input, told);
  }

  function mcp(
    message: { id?: unknown; method?: string; params?: JsonRpcParams },
    told: string,
    response: ServerResponse,
  ) {
    if (message.id === undefined) return void response.writeHead(202).end();
    const { name, _meta } = message.params ?? {};
    const lines: object[] = [];
    if (message.method === "initialize")
      lines.push({
        result: {
          protocolVersion: "2025-06-18",
          capabilities: { tools: {} },
          serverInfo: { name: "canary", version: "1" },
        },
      });
    else if (message.method === "tools/list")
      lines.push({
        result: { tools: ["echo", "echo-fail"].map((tool) => ({ name: tool, inputSchema: { type: "object" } })) },
      });
    else {
      lines.push({
        result: {
          isError: name === "echo-fail",
          content: [
            { type: "text", text: told },
            { type: "text", text: Buffer.from(told).toString("base64") },
          ],
        },
      });
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (_meta?.progressToken !== undefined) {
      const params = { progressToken: _meta.progressToken, progress: 1, total: 2, message: told.slice(0, 2_000) };
      response.write(
        `event: message\ndata: ${JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params })}\n\n`,
      );
    }
    for (const line of lines)
      response.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: "2.0", id: message.id, ...line })}\n\n`);
    response.end();
  }

  /** The credential lies across the border of two pieces, whoever cuts them: the sender here, who reads 64 KiB at a time, and who keeps a beginning. */
  async function long(fails: boolean, told: string, response: ServerResponse): Promise<void> {
    response.writeHead(fails ? 500 : 200, { "content-type": "text/plain" });
    const filling = (fails ? KEPT_OF_AN_ERROR : PIECE) - told.indexOf("Bearer ") - "Bearer ".length - 10;
    const text = "x".repeat(filling) + told + "y".repeat(PIECE) + Buffer.from(told).toString("base64");
    for (let at = 0; at < text.length; at += 4_093) {
      response.write(text.slice(at, at + 4_093));
      if (at % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  }

  async function later(token: string, input: { secret: string; fail: boolean }, told: string): Promise<void> {
    const said = `${input.secret} ${told}`;
    const tell = async (verb: string, body: object): Promise<void> => {
      const { status } = await fetch(`${platform()}/tasks/${token}/${verb}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      if (status === 200) finished.push(verb);
    };
    await new Promise((resolve) => setTimeout(resolve, 100));
    await tell("progress", { percent: 10, message: said.slice(0, 1_500) });
    await tell("heartbeat", {});
    if (input.fail) await tell("fail", { code: "CONFLICT", message: said.slice(0, 3_000), details: { said } });
    else await tell("complete", { data: { said, base64: Buffer.from(said).toString("base64") } });
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    finished,
    get refusals() {
      return state.refusals;
    },
    set knows(secret: string) {
      state.knows = secret;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

interface JsonRpcParams {
  name?: string;
  _meta?: { progressToken?: unknown };
}
