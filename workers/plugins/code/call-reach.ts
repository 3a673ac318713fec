import { CODE_LIMITS } from "../../../connectors/code/code-limits.ts";
import type { CodeGateRpc, CodeGrant } from "../../../contracts/code-gate-rpc.ts";
import type { SandboxHost, SandboxRequest, SandboxResponse } from "../../../contracts/code-sandbox-rpc.ts";
import type { CallRecord } from "./call-record.ts";
import { readRequest } from "./read-request.ts";

const SAFE: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/**
 * What the code of one call reaches, until it is over. Its methods are called by users' code: arguments are unknown, whatever their
 * types say.
 */
export class CallReach implements SandboxHost {
  readonly #gate: CodeGateRpc;
  readonly #grant: Omit<CodeGrant, "timeoutMs">;
  readonly #record: CallRecord;
  readonly #deadline: number;

  constructor(gate: CodeGateRpc, grant: Omit<CodeGrant, "timeoutMs">, record: CallRecord, deadline: number) {
    this.#gate = gate;
    this.#grant = grant;
    this.#record = record;
    this.#deadline = deadline;
  }

  async send(written: SandboxRequest): Promise<SandboxResponse> {
    const record = this.#record;
    const request = readRequest(written);
    if (typeof request === "string") return { ok: false, message: request };
    if (record.closed) return { ok: false, message: "the call is over" };
    if (record.open >= CODE_LIMITS.openRequests)
      return { ok: false, message: `a call may have ${CODE_LIMITS.openRequests} requests open at once` };
    if (record.requests >= CODE_LIMITS.requests)
      return { ok: false, message: `a call may make ${CODE_LIMITS.requests} requests` };
    record.open += 1;
    record.requests += 1;
    record.sent ||= !SAFE.includes(request.method);
    const started = Date.now();
    try {
      const answer = await this.#gate.sendForCode(request, { ...this.#grant, timeoutMs: this.#deadline - started });
      record.egressBytes += answer.sentBytes;
      this.#tell(request.method, answer, Date.now() - started);
      if (!answer.ok) {
        record.failed ??= answer.failed;
        return { ok: false, message: answer.message };
      }
      const { host: _host, sentBytes: _sentBytes, ...response } = answer;
      return response;
    } finally {
      record.open -= 1;
    }
  }

  async log(level: string, message: string, context?: string): Promise<void> {
    this.#record.log(level, message, context);
  }

  async progress(percent: number | null, message: string | null): Promise<void> {
    this.#record.progress(percent, message);
  }

  /** Each request stands in the execution's log: method, host, status and time, nothing of what it carried. */
  #tell(method: string, answer: Awaited<ReturnType<CodeGateRpc["sendForCode"]>>, durationMs: number): void {
    const { host } = answer;
    const came = answer.ok ? String(answer.status) : "no answer";
    this.#record.say({
      kind: "log",
      level: answer.ok ? "info" : "warn",
      message: `${method} ${host} → ${came} (${durationMs} ms)`,
      context: {
        method,
        host,
        status: answer.ok ? answer.status : null,
        duration_ms: durationMs,
        sent_bytes: answer.sentBytes,
        received_bytes: answer.ok ? answer.body.byteLength : 0,
      },
    });
  }
}
