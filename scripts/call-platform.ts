/** An answer that is not the expected one, with what the platform said. */
export class PlatformCallError extends Error {
  readonly status: number;
  readonly body: string;

  constructor(call: string, status: number, body: string) {
    super(`${call} answered ${status}: ${body.slice(0, 2_000)}`);
    this.name = "PlatformCallError";
    this.status = status;
    this.body = body;
  }
}

export interface PlatformCall {
  method?: "GET" | "POST" | "PUT" | "PATCH";
  path: string;
  /** Value of the Authorization header. */
  authorization: string;
  json?: unknown;
  yaml?: string;
}

const CALL_MS = 130_000;

/** Calls the platform's public API; throws what it refused. */
export async function callPlatform(baseUrl: string, call: PlatformCall): Promise<Record<string, unknown>> {
  const { method = "GET", path, authorization, json, yaml } = call;
  const headers: Record<string, string> = { authorization };
  if (json !== undefined) headers["content-type"] = "application/json";
  if (yaml !== undefined) headers["content-type"] = "application/yaml";
  const response = await fetch(`${baseUrl}${path}`, {
    method,
    headers,
    body: json === undefined ? yaml : JSON.stringify(json),
    signal: AbortSignal.timeout(CALL_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new PlatformCallError(`${method} ${path}`, response.status, text);
  return text === "" ? {} : JSON.parse(text);
}
