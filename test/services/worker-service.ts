import { createServer, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export interface ServiceCall {
  headers: IncomingMessage["headers"];
  /** As it came: what the signature is over. */
  text: string;
  body: { action: string; input: Record<string, unknown>; context: Record<string, unknown> };
}

export interface ServiceAnswer {
  status?: number;
  body?: unknown;
  /** What it waits for first: milliseconds, or whatever the test decides. */
  after?: number | Promise<unknown>;
  reset?: boolean;
}

/** A connector's service in a test: what it answers is decided for each call. */
export class WorkerService {
  readonly calls: ServiceCall[] = [];
  /** How many calls were open at once, at most. */
  most = 0;
  healthz: { status: number; body: unknown } = { status: 200, body: { status: "ok", version: "1.0.0" } };
  probes = 0;
  /** How often it has answered. */
  answered = 0;
  answer: (call: ServiceCall) => ServiceAnswer = (call) => ({ body: { status: "success", data: call.body.input } });
  port = 0;
  #open = 0;
  readonly #server = createServer((request, response) => {
    void (async () => {
      if (request.url?.endsWith("/healthz")) {
        this.probes += 1;
        response.writeHead(this.healthz.status, { "content-type": "application/json" });
        response.end(JSON.stringify(this.healthz.body));
        return;
      }
      this.#open += 1;
      this.most = Math.max(this.most, this.#open);
      try {
        const chunks: Buffer[] = [];
        for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
        const text = Buffer.concat(chunks).toString("utf8");
        const call: ServiceCall = { headers: request.headers, text, body: JSON.parse(text) };
        this.calls.push(call);
        const { status = 200, body, after, reset } = this.answer(call);
        await (typeof after === "number" ? sleep(after) : after);
        if (reset) return void response.destroy();
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify(body), () => {
          this.answered += 1;
        });
      } finally {
        this.#open -= 1;
      }
    })().catch(() => response.destroy());
  });

  /** Listens on this machine; 0 takes a free port. */
  async start(port = 0): Promise<this> {
    await new Promise<void>((done) => this.#server.listen(port, "127.0.0.1", done));
    const address = this.#server.address();
    this.port = typeof address === "object" && address !== null ? address.port : 0;
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}
