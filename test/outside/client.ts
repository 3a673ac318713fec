import { isMap, type Json, type JsonMap, parseJson, read, readText } from "./json.ts";
import type { OpenApi } from "./openapi.ts";

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** undefined when the answer has no body. */
  body: Json | undefined;
}

export interface Call {
  /** Sent as JSON. */
  json?: Json;
  /** Sent as it is. */
  raw?: string | Uint8Array<ArrayBuffer>;
  type?: string;
  headers?: Record<string, string>;
  /** An answer may be 502, 503 or 504: what is called through the platform has failed, not the platform. */
  upstream?: boolean;
  /** null sends no Authorization header. */
  key?: string | null;
}

const TAXONOMY: Record<string, number[]> = {
  VALIDATION: [400, 404, 405, 406, 411, 415, 422, 431],
  UNAUTHENTICATED: [401],
  QUOTA_EXCEEDED: [402],
  FORBIDDEN: [403],
  NOT_FOUND: [404],
  CONFLICT: [409],
  CANCELED: [409],
  PAYLOAD_TOO_LARGE: [413],
  RATE_LIMITED: [429],
  INTERNAL_ERROR: [500],
  BACKEND_ERROR: [502],
  UNAVAILABLE: [503],
  TIMEOUT: [504],
};

/** Speaks to the platform as one tenant. Every answer is checked: request id, error form; `/openapi.json` is kept. */
export class Client {
  readonly baseUrl: string;
  readonly key: string;
  readonly openApi: OpenApi;
  /** What `/openapi.json` says otherwise, each with the first answer that showed it: judged when the file's tests are done. */
  readonly disagreements = new Map<string, string>();
  readonly #seen = new Set<string>();

  constructor(baseUrl: string, key: string, openApi: OpenApi) {
    this.baseUrl = baseUrl.replace(/\/$/, "");
    this.key = key;
    this.openApi = openApi;
  }

  async request(method: string, path: string, call: Call = {}): Promise<Answer> {
    const headers = new Headers(call.headers);
    const key = call.key === undefined ? this.key : call.key;
    if (key !== null && !headers.has("authorization")) headers.set("authorization", `Bearer ${key}`);
    const body = call.json === undefined ? call.raw : JSON.stringify(call.json);
    if (body !== undefined && !headers.has("content-type"))
      headers.set("content-type", call.type ?? "application/json");
    const response = await fetch(this.baseUrl + path, { method, headers, body, redirect: "manual" });
    const text = await response.text();
    const answer: Answer = {
      status: response.status,
      headers: response.headers,
      text,
      body: text === "" ? undefined : parseJson(text),
    };
    this.#check(method, path, answer, call.upstream === true ? [502, 503, 504] : []);
    return answer;
  }

  get(path: string, call?: Call): Promise<Answer> {
    return this.request("GET", path, call);
  }

  post(path: string, json: Json, call: Call = {}): Promise<Answer> {
    return this.request("POST", path, { ...call, json });
  }

  /** POSTs YAML text. */
  yaml(path: string, raw: string, call: Call = {}): Promise<Answer> {
    return this.request("POST", path, { ...call, raw, type: "application/yaml" });
  }

  start(body: JsonMap, call?: Call): Promise<Answer> {
    return this.post("/workflows/executions", body, call);
  }

  /** Runs an inline definition and answers its final record; waits past the sync limit if it must. */
  async run(definition: Json, inputs: JsonMap = {}, more: JsonMap = {}): Promise<JsonMap> {
    const answer = await this.start({ definition, inputs, execution_mode: "sync", timeout: 60, ...more });
    if (answer.status === 200 && isMap(answer.body)) return answer.body;
    if (answer.status === 202) return this.finished(readText(answer.body, "execution_id"));
    throw new Error(`start was answered ${answer.status} ${answer.text}`);
  }

  /** Starts an inline definition and answers its id, without waiting for anything. */
  async begin(definition: Json, inputs: JsonMap = {}, more: JsonMap = {}): Promise<string> {
    const answer = await this.start({ definition, inputs, ...more });
    if (answer.status !== 202) throw new Error(`start was answered ${answer.status} ${answer.text}`);
    return readText(answer.body, "execution_id");
  }

  /** `POST …/{id}/{verb}`. */
  act(id: string, verb: string, body: Json = {}, call?: Call): Promise<Answer> {
    return this.post(`/workflows/executions/${id}/${verb}`, body, call);
  }

  async record(id: string): Promise<JsonMap> {
    const answer = await this.get(`/workflows/executions/${id}`);
    if (answer.status !== 200 || !isMap(answer.body)) throw new Error(`${answer.status} ${answer.text}`);
    return answer.body;
  }

  /** Reads an execution's record until it is as wanted; throws, showing it, when it never is. */
  async when(id: string, holds: (record: JsonMap) => boolean, seconds = 40): Promise<JsonMap> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const record = await this.record(id);
      if (holds(record)) return record;
      if (Date.now() > end) throw new Error(`${id} never was as wanted: ${JSON.stringify(record).slice(0, 2500)}`);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  }

  /** Until the execution waits for something. */
  waiting(id: string, kind: string): Promise<JsonMap> {
    return this.when(id, (record) => read(record, "waiting_for.kind") === kind);
  }

  /** Long-polls until an execution ended. */
  async finished(id: string, seconds = 60): Promise<JsonMap> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const answer = await this.get(`/workflows/executions/${id}?wait=10`);
      if (answer.status !== 200 || !isMap(answer.body)) throw new Error(`${answer.status} ${answer.text}`);
      if (["completed", "failed", "canceled", "timed_out"].includes(String(answer.body.status))) return answer.body;
      if (Date.now() > end) throw new Error(`${id} did not end in ${seconds} s: ${answer.text.slice(0, 1500)}`);
    }
  }

  #check(method: string, path: string, answer: Answer, allowed: readonly number[]): void {
    const said = `${method} ${path} → ${answer.status} ${answer.text.slice(0, 1500)}`;
    const requestId = answer.headers.get("x-request-id");
    if (requestId === null || requestId === "") throw new Error(`no X-Request-Id: ${said}`);
    if (this.#seen.has(requestId)) throw new Error(`X-Request-Id ${requestId} came twice: ${said}`);
    this.#seen.add(requestId);
    if (answer.status >= 500 && !allowed.includes(answer.status)) throw new Error(`a server error: ${said}`);
    if (answer.status >= 400) checkErrorBody(answer, requestId, said, method);
    const wrong = this.openApi.judge(
      method,
      new URL(this.baseUrl + path).pathname,
      answer.status,
      answer.headers.get("content-type") ?? "",
      answer.body,
    );
    if (wrong !== null && !this.disagreements.has(wrong)) this.disagreements.set(wrong, said);
  }
}

function checkErrorBody(answer: Answer, requestId: string, said: string, method: string): void {
  if (method === "HEAD") return;
  const body = answer.body;
  if (!isMap(body)) throw new Error(`an error without a JSON body: ${said}`);
  const unknown = Object.keys(body).filter(
    (name) => !["status", "code", "message", "details", "request_id"].includes(name),
  );
  if (unknown.length > 0) throw new Error(`an error body has ${unknown.join(", ")}: ${said}`);
  if (body.status !== "error") throw new Error(`an error body without status "error": ${said}`);
  if (typeof body.message !== "string" || body.message === "") throw new Error(`no message: ${said}`);
  if (body.request_id !== requestId) throw new Error(`request_id is not X-Request-Id ${requestId}: ${said}`);
  if (/\n\s+at |\.ts:\d/.test(answer.text)) throw new Error(`a stack trace: ${said}`);
  if (!TAXONOMY[String(body.code)]?.includes(answer.status)) throw new Error(`code and status do not fit: ${said}`);
}
