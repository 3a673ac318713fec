import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { isObject, type Json, type JsonObject } from "../../engine/json.ts";

/** The build that left the data, or the one that comes after it. */
export type Build = "old" | "new";

export interface ServiceCall {
  build: Build;
  execution: string;
  key: string;
  attempt: number;
  input: JsonObject;
  /** It was answered with a success. */
  done: boolean;
  /** What came with it of the connection. */
  credential: string;
}

export interface Delivery {
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

function parsed(text: string): JsonObject {
  const value: Json = JSON.parse(text);
  return isObject(value) ? value : {};
}

/**
 * What executions of old data call. It answers by what it is asked alone, so that what comes of a workflow is known before it runs.
 * For the old build it keeps silent where the input says `hold`, fails where it says `fails`, and takes no webhook; for the new one it
 * does what is asked.
 */
export class OldService {
  build: Build;
  readonly calls: ServiceCall[] = [];
  readonly deliveries: Delivery[] = [];
  /** Of attempts that the old build wanted to be finished later: their keys and tokens. */
  readonly tasks = new Map<string, string>();
  readonly #server: Server;

  private constructor(build: Build) {
    this.build = build;
    this.#server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on("end", () => {
        const answer = request.url === "/execute" ? this.#execute(request, body) : this.#deliver(request, body);
        if (answer)
          response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.json));
      });
    });
  }

  static async start(build: Build): Promise<OldService> {
    const service = new OldService(build);
    await new Promise<void>((resolve) => service.#server.listen(0, "127.0.0.1", resolve));
    return service;
  }

  /** Names that a platform must know of it. */
  get hosts(): Record<string, string> {
    const address = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return { "old-service:9000": address, "old-receiver:9000": address };
  }

  #execute(request: IncomingMessage, body: string): { status: number; json: JsonObject } | undefined {
    const { action, input: given } = parsed(body);
    const input = isObject(given ?? null) ? (given as JsonObject) : {};
    const header = (name: string): string => String(request.headers[name] ?? "");
    const call: ServiceCall = {
      build: this.build,
      execution: header("x-smartify-execution-id"),
      key: header("idempotency-key"),
      attempt: Number(header("x-smartify-attempt")),
      input,
      done: false,
      credential: header("x-old-key"),
    };
    this.calls.push(call);
    const isOld = this.build === "old";
    if (isOld && input.hold === true) return undefined;
    if (isOld && input.fails === true)
      return { status: 200, json: { status: "error", code: "UNAVAILABLE", message: "not yet" } };
    const token = header("x-smartify-task-token");
    if (String(action).endsWith("later")) {
      this.tasks.set(call.key, token);
      return { status: 202, json: { status: "pending", task_token: token } };
    }
    call.done = true;
    return { status: 200, json: { status: "success", data: { nonce: `did ${JSON.stringify(input.value ?? null)}` } } };
  }

  #deliver(request: IncomingMessage, body: string): { status: number; json: JsonObject } {
    if (this.build === "old") return { status: 503, json: {} };
    this.deliveries.push({ path: request.url ?? "", headers: request.headers, body });
    return { status: 200, json: {} };
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
