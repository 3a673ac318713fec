import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** One call as the service saw it. */
export interface SeenCall {
  execution: string;
  step: string;
  key: string;
  attempt: number;
  /** What it answered: another one for every call, so that a doubled or changed result shows. */
  nonce: string;
  input: Record<string, unknown>;
  answered: boolean;
}

/**
 * An independent connector service (spec section 8) that counts what reaches it. `work` waits `input.ms`, and answers `input.bytes` more; `flaky` fails the
 * first attempt of every step with UNAVAILABLE; `later` answers 202 and leaves the token of its task.
 */
export class CountingService {
  readonly calls: SeenCall[] = [];
  /** Answers that wait until they are let go. */
  #held: (() => void)[] | undefined;
  /** Tokens of the tasks that are to be finished, by idempotency key. */
  readonly tasks = new Map<string, string>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<CountingService> {
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on("end", () => {
        const { action, input } = JSON.parse(body) as { action: string; input: Record<string, unknown> };
        const header = (name: string): string => String(request.headers[name] ?? "");
        const call: SeenCall = {
          execution: header("x-smartify-execution-id"),
          step: header("x-smartify-step"),
          key: header("idempotency-key"),
          attempt: Number(header("x-smartify-attempt")),
          nonce: randomUUID(),
          input,
          answered: false,
        };
        service.calls.push(call);
        const later = action.endsWith(".later");
        const token = header("x-smartify-task-token");
        const more = input.bytes === undefined ? {} : { pad: "x".repeat(Number(input.bytes)) };
        const fails = action.endsWith(".flaky") && call.attempt === 1;
        const answer = fails
          ? { status: "error", code: "UNAVAILABLE", message: "first attempt" }
          : { status: "success", data: { nonce: call.nonce, ...more } };
        request.socket.once("close", () => {
          call.answered = true;
        });
        const give = (): void => {
          call.answered = true;
          if (later) service.tasks.set(call.key, token);
          const given = later ? { status: "pending", task_token: token } : answer;
          response.writeHead(later ? 202 : 200, { "content-type": "application/json" }).end(JSON.stringify(given));
        };
        setTimeout(() => (service.#held ? service.#held.push(give) : give()), Number(input.ms ?? 0));
      });
    });
    // The platform ends what is idle. If this did, a call could be written to what is closing already: one that nobody sees.
    server.keepAliveTimeout = 0;
    const service = new CountingService(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return service;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From here on nobody is answered, until `letGo`: calls pile up, whatever speed the machine has. */
  hold(): void {
    this.#held = [];
  }

  letGo(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const give of held) give();
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

export const COUNTING_CONNECTOR = `
connector:
  type: connector
  kind: http
  name: counting
  namespace: community
  version: 1.0.0
  displayName: Counting
  description: Counts what reaches it
  runtime: {resources: {concurrent: 100}}
actions:
  - name: work
    description: Answers after a while
    handler: {http: {url: "http://counting-service:9000/execute", method: POST, timeout: 30}}
  - name: flaky
    description: Fails once
    handler: {http: {url: "http://counting-service:9000/execute", method: POST, timeout: 30}}
  - name: later
    description: Finishes later
    handler: {http: {url: "http://counting-service:9000/execute", method: POST, timeout: 30}}
`;

const step = (name: string, action: string, ms: number, after: string, more = ""): string => `
      - name: ${name}
        connector: connector:community/counting@1.0.0
        action: ${action}
        input: {ms: ${ms}, after: "${after}"}
        retry: {max_attempts: 5, backoff: fixed, initial_delay_ms: 40}
${more}`;

/** The workflows of the test: short, looping, retrying and branching ones, some of it first-party. */
export const COUNTING_WORKFLOWS = `
workflows:
  - name: Chain
    steps:${step("one", "work", 75, "")}${step("two", "work", 125, "{{ steps.one.output.nonce }}")}${step("three", "work", 50, "{{ steps.two.output.nonce }}")}
    outputs: {last: "{{ steps.three.output.nonce }}"}
  - name: Fan
    steps:${step("each", "work", 150, "{{ item }}", "        for_each: [1, 2, 3, 4, 5, 6]\n        parallel: true")}${step("join", "work", 25, "{{ steps.each.output[5].nonce }}")}
    outputs: {last: "{{ steps.join.output.nonce }}"}
  - name: Retrying
    steps:${step("shaky", "flaky", 50, "")}${step("after", "work", 100, "{{ steps.shaky.output.nonce }}")}
      - {name: add, connector: "connector:community/calculator@1.0.0", action: add, input: {a: 1, b: 2}}
    outputs: {last: "{{ steps.after.output.nonce }}", sum: "{{ steps.add.output.result }}"}
  - name: Branching
    steps:
      - name: both
        parallel:${step("left", "work", 100, "").replaceAll("\n      ", "\n          ")}${step("right", "work", 175, "").replaceAll("\n      ", "\n          ")}${step("end", "work", 25, "{{ steps.left.output.nonce }}")}
    outputs: {last: "{{ steps.end.output.nonce }}"}
`;
