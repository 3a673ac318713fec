import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isMap, type Json, type JsonMap, parseJson } from "./json.ts";

/** One scripted answer; what is left out has the contract's success form. */
export interface Reply {
  status?: number;
  /** The body as JSON, or exactly this text. */
  body?: Json;
  text?: string;
  /** The body is the request's headers and body, as text. */
  echo?: boolean;
  headers?: Record<string, string>;
  /** Milliseconds to wait before answering. */
  after?: number;
  /** Reads the request, then drops the connection. */
  reset?: boolean;
}

export interface ReceivedCall {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: Json | undefined;
  text: string;
  /** performance.now() when the request had arrived, and when it was answered. */
  at: number;
  answeredAt: number;
}

/**
 * A connector service whose answers a test writes down beforehand. A call belongs to the script that its input's
 * `key` (or `?key=` of its URL) names; with nothing left in the script it succeeds with `input.reply` or `input`.
 */
export class ScriptedService {
  readonly #server: Server;
  readonly #scripts = new Map<string, Reply[]>();
  readonly #calls = new Map<string, ReceivedCall[]>();
  readonly port: number;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
    server.on("request", (request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(port: number): Promise<ScriptedService> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return new ScriptedService(server, address.port);
  }

  /** Writes down what this key's next calls are answered, and forgets its earlier calls. */
  script(key: string, ...replies: Reply[]): void {
    this.#scripts.set(key, replies);
    this.#calls.delete(key);
  }

  calls(key: string): ReceivedCall[] {
    return this.#calls.get(key) ?? [];
  }

  /** Milliseconds from each answer to the next call. */
  gaps(key: string): number[] {
    const calls = this.calls(key);
    return calls.slice(1).map((call, at) => call.at - (calls[at]?.answeredAt ?? Number.NaN));
  }

  /** How many calls of these keys were open at once, at most. */
  overlap(...keys: string[]): number {
    const calls = keys.flatMap((key) => this.calls(key));
    return Math.max(0, ...calls.map(({ at }) => calls.filter((c) => c.at <= at && c.answeredAt > at).length));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString("utf8");
    const body = parseJson(text);
    const input = isMap(body) && isMap(body.input) ? body.input : undefined;
    const url = request.url ?? "/";
    const key = keyOf(url, input, body);
    const call: ReceivedCall = {
      method: request.method ?? "",
      url,
      headers: request.headers,
      body,
      text,
      at: performance.now(),
      answeredAt: Number.POSITIVE_INFINITY,
    };
    const calls = this.#calls.get(key) ?? [];
    calls.push(call);
    this.#calls.set(key, calls);
    const reply = this.#scripts.get(key)?.shift() ?? {};
    const after = reply.after ?? (typeof input?.after === "number" ? input.after : 0);
    if (after > 0) await new Promise((resolve) => setTimeout(resolve, after));
    call.answeredAt = performance.now();
    if (reply.reset === true) {
      response.destroy();
      return;
    }
    response.writeHead(reply.status ?? 200, { "content-type": "application/json", ...reply.headers });
    const echoed = reply.echo === true ? JSON.stringify(request.headers) + text : undefined;
    response.end(reply.text ?? echoed ?? JSON.stringify(reply.body ?? { status: "success", data: success(input) }));
  }
}

function keyOf(url: string, input: JsonMap | undefined, body: Json | undefined): string {
  if (typeof input?.key === "string") return input.key;
  const fromUrl = new URL(url, "http://service").searchParams.get("key");
  if (fromUrl !== null) return fromUrl;
  return isMap(body) && typeof body.key === "string" ? body.key : (url.split("?")[0] ?? url);
}

function success(input: JsonMap | undefined): Json {
  if (input === undefined) return {};
  return input.reply === undefined ? input : input.reply;
}
