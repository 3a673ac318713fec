import { isObject, type Json, type JsonObject } from "../../engine/json.ts";

export interface Answered {
  status: number;
  body: JsonObject;
}

/** A client of either build: it knows nothing of the API but its paths. */
export class OldClient {
  readonly #url: string;
  readonly #apiKey: string;

  constructor(url: string, apiKey: string) {
    this.#url = url;
    this.#apiKey = apiKey;
  }

  async ask(
    method: string,
    path: string,
    body?: Json | string,
    headers: Record<string, string> = {},
  ): Promise<Answered> {
    const yaml = typeof body === "string";
    const response = await fetch(this.#url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#apiKey}`,
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": yaml ? "application/yaml" : "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: yaml ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    }).catch((cause: unknown) => {
      throw new Error(`${method} ${path} was not answered`, { cause });
    });
    const answer: Json = JSON.parse((await response.text()) || "{}");
    return { status: response.status, body: isObject(answer) ? answer : {} };
  }

  /** The answer of a request that must succeed. */
  async ok(method: string, path: string, body?: Json | string): Promise<JsonObject> {
    const { status, body: answer } = await this.ask(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
    return answer;
  }
}
