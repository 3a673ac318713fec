import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listen, readBody, type RunningService, sendJson } from "../listen.ts";

/** One request as it came. */
export interface Received {
  number: number;
  method: string;
  path: string;
  headers: Record<string, string>;
  /** Parsed where it was JSON, else text. */
  body: unknown;
}

/** The newest are kept; a long test must not fill the memory. */
const MOST_KEPT = 1_000;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function headersOf(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
}

/**
 * Starts a receiver that stands for services of the outside world: it takes whatever is sent to it and shows it again.
 * `GET /received` lists what came (`?path=/slack` filters by the beginning of the path), `DELETE /received` forgets it,
 * anything else is recorded and answered with `{ok: true, id}`.
 */
export function start(options: { port: number }): Promise<RunningService> {
  const received: Received[] = [];
  let count = 0;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://receiver");
    const body = await readBody(request);
    if (url.pathname === "/received" && request.method === "GET") {
      const wanted = url.searchParams.get("path") ?? "/";
      sendJson(
        response,
        200,
        received.filter(({ path }) => path.startsWith(wanted)),
      );
      return;
    }
    if (url.pathname === "/received" && request.method === "DELETE") {
      received.length = 0;
      sendJson(response, 200, { ok: true });
      return;
    }
    count += 1;
    received.push({
      number: count,
      method: request.method ?? "",
      path: url.pathname + url.search,
      headers: headersOf(request),
      body: parsed(body),
    });
    if (received.length > MOST_KEPT) received.shift();
    sendJson(response, 200, { ok: true, id: `msg-${count}` });
  }

  return listen(
    createServer((request, response) => void handle(request, response)),
    options.port,
  );
}
