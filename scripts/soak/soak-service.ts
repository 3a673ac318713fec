import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json, JsonObject } from "../../engine/json.ts";
import type { Chance } from "./chance.ts";

/** What the service answers to one attempt, however often that attempt comes. */
export type Outcome =
  | { kind: "success"; data: Json }
  | { kind: "error"; code: "UNAVAILABLE" | "BACKEND_ERROR" }
  /** It was done, and the connection broke before the answer. */
  | { kind: "cut" };

/** All that came with one idempotency key. */
export interface KeyedCalls {
  execution: string;
  step: string;
  action: string;
  /** The inputs that came, each once, as JSON. */
  inputs: Set<string>;
  /** By attempt: what it is answered, and how often it came. */
  attempts: Map<number, { outcome: Outcome; times: number }>;
  /** The result that every success with this key gives: the work is done once. */
  nonce: string;
}

/** Of a hundred calls so many are cut off by chance, beside those that ask for it. */
const CUT_PERCENT = 1;

/**
 * The service that the soak's executions call (section 8). It does the work of a key once, remembers what it answered, and knows
 * nothing of the platform: what it has seen is evidence.
 */
export class SoakService {
  readonly byKey = new Map<string, KeyedCalls>();
  calls = 0;
  cuts = 0;
  readonly #server: Server;
  readonly #chance: Chance;
  #open = 0;

  private constructor(server: Server, chance: Chance) {
    this.#server = server;
    this.#chance = chance;
  }

  static async start(chance: Chance): Promise<SoakService> {
    const server = createServer((request, response) => void service.#serve(request, response));
    const service = new SoakService(server, chance);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return service;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Calls that it works on now. */
  get inFlight(): number {
    return this.#open;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      // The platform was killed while it asked.
      return;
    }
    const { action, input }: { action: string; input: JsonObject } = JSON.parse(Buffer.concat(chunks).toString());
    const outcome = this.#take(request, action, input);
    let isOpen = true;
    this.#open += 1;
    const settle = (): void => {
      if (isOpen) this.#open -= 1;
      isOpen = false;
    };
    request.socket.once("close", settle);
    await new Promise((resolve) => setTimeout(resolve, Number(input.ms ?? 0)));
    request.socket.off("close", settle);
    settle();
    if (outcome.kind === "cut") return void request.socket.destroy();
    const envelope =
      outcome.kind === "success"
        ? { status: "success", data: outcome.data }
        : { status: "error", code: outcome.code, message: "as its input says" };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(envelope));
  }

  #take({ headers }: IncomingMessage, action: string, input: JsonObject): Outcome {
    const header = (name: string): string => String(headers[name] ?? "");
    const key = header("idempotency-key");
    const attempt = Number(header("x-smartify-attempt"));
    const seen = this.byKey.get(key) ?? {
      execution: header("x-smartify-execution-id"),
      step: header("x-smartify-step"),
      action: action.slice(action.lastIndexOf(".") + 1),
      inputs: new Set(),
      attempts: new Map(),
      nonce: randomUUID(),
    };
    this.byKey.set(key, seen);
    this.calls += 1;
    seen.inputs.add(JSON.stringify(input));
    const before = seen.attempts.get(attempt);
    const outcome = before?.outcome ?? this.#outcomeOf(key, seen, attempt, input);
    seen.attempts.set(attempt, { outcome, times: (before?.times ?? 0) + 1 });
    return outcome;
  }

  #outcomeOf(key: string, { nonce, attempts }: KeyedCalls, attempt: number, input: JsonObject): Outcome {
    // `broken: 1` works from the second run attempt on, which stands in the key: `execution:run_attempt:path`.
    const runAttempt = Number(key.split(":")[1]);
    if (runAttempt <= Number(input.broken ?? 0)) return { kind: "error", code: "BACKEND_ERROR" };
    if (attempt <= Number(input.fails ?? 0)) return { kind: "error", code: "UNAVAILABLE" };
    // By chance once for a key, so that the attempts of a step suffice.
    const wasCut = [...attempts.values()].some(({ outcome }) => outcome.kind === "cut");
    const isCut = attempt <= Number(input.cuts ?? 0) || (!wasCut && this.#chance() * 100 < CUT_PERCENT);
    if (!isCut) return { kind: "success", data: { nonce, value: input.value ?? null } };
    this.cuts += 1;
    return { kind: "cut" };
  }
}
