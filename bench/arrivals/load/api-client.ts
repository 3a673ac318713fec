import { Pool } from "undici";

/** An idle connection is given up long before the other side does it: a request on one that just closes fails. */
const IDLE_MS = 1_000;

/** Requests and answers in JSON to what is measured. Every answer that is no success throws. */
export class ApiClient {
  readonly headers: Readonly<Record<string, string>>;
  readonly #pool: Pool;

  constructor({ baseUrl, apiKey }: { baseUrl: string; apiKey: string }, connections: number) {
    this.#pool = new Pool(baseUrl, { connections, pipelining: 1, keepAliveTimeout: IDLE_MS });
    this.headers = { authorization: `Bearer ${apiKey}` };
  }

  async call(method: "GET" | "POST" | "DELETE", path: string, json?: object): Promise<Record<string, unknown>> {
    const answer = await this.#pool.request({
      method,
      path,
      headers: json === undefined ? this.headers : { ...this.headers, "content-type": "application/json" },
      body: json === undefined ? null : JSON.stringify(json),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path} answered ${answer.statusCode}: ${text}`);
    const value: unknown = text === "" ? {} : JSON.parse(text);
    if (!isObject(value)) throw new Error(`${method} ${path} answered no object: ${text}`);
    return value;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
