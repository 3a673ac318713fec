import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ExecutionEvent } from "../../contracts/execution-event.ts";

/** Takes webhooks, and notes what is not as it was: a delivery that is repeated has the same id and the same body. */
export class HookReceiver {
  /** Ends of executions, by their webhook's id. */
  readonly ends = new Map<string, ExecutionEvent>();
  readonly wrong: string[] = [];
  repeated = 0;
  readonly #bodies = new Map<string, string>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<HookReceiver> {
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on("end", () => {
        receiver.#take(String(request.headers["webhook-id"]), body);
        response.writeHead(204).end();
      });
    });
    const receiver = new HookReceiver(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return receiver;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How often the end of an execution came, as different events. */
  endsOf(executionId: string): string[] {
    return [...this.ends.values()].filter((event) => event.execution_id === executionId).map(({ type }) => type);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #take(id: string, body: string): void {
    const before = this.#bodies.get(id);
    if (before !== undefined) this.repeated += 1;
    if (before !== undefined && before !== body) this.wrong.push(`webhook ${id} came with ${before} and with ${body}`);
    this.#bodies.set(id, body);
    const event: ExecutionEvent = JSON.parse(body);
    if (/^workflow\.(completed|canceled|timed_out)$/.test(event.type)) this.ends.set(id, event);
  }
}
