import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listen, readBody, type RunningService, sendJson } from "../listen.ts";
import { verify } from "./verify.ts";

/*
 * A service whose work takes longer than a call should: it answers 202 and finishes later, with the token that the call carried.
 * It registers itself, so the connector names no address, and it verifies that calls come from the platform.
 */

export interface ReportsOptions {
  port: number;
  /** The platform's address and a key with the scope `connectors:write`. */
  platform: string;
  apiKey: string;
  /** How calls reach this service; the address that it listens on where nobody says otherwise. */
  url?: string;
  instanceId?: string;
  /** How long a page takes. */
  pageMs?: number;
}

interface Call {
  action: string;
  input: { title?: unknown; pages?: unknown };
  context: { idempotency_key: string; task_token: string };
}

export async function start(options: ReportsOptions): Promise<RunningService> {
  const { platform, apiKey, instanceId = "reports-1", pageMs = 500 } = options;
  /** Reports by idempotency key: a call that comes again, after a crash of either side, is the same report. */
  const reports = new Set<string>();
  let secret = "";

  async function ask(method: string, path: string, body?: object, key?: string): Promise<Record<string, unknown>> {
    const response = await fetch(new URL(path, platform), {
      method,
      headers: { "content-type": "application/json", ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  /** To a door of a task: the token is the credential. What the platform cannot take right now is sent again; a 409 means stop. */
  async function tell(token: string, verb: string, body: object = {}): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      const address = new URL(`/tasks/${token}/${verb}`, platform);
      const response = await fetch(address, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }).catch(() => undefined);
      if (response?.ok) return true;
      if (response !== undefined && response.status < 500 && response.status !== 429) return false;
      if (attempt === 10) return false;
      await pause(Math.min(10_000, 200 * 2 ** attempt));
    }
  }

  async function write(call: Call, title: string, pages: number): Promise<void> {
    const { task_token: token, idempotency_key: key } = call.context;
    try {
      for (let page = 1; page <= pages; page += 1) {
        await pause(pageMs);
        const progress = { percent: Math.round((100 * page) / pages), message: `page ${page} of ${pages}` };
        // Progress is a sign of life, too. False: nobody waits for the report any more.
        if (!(await tell(token, "progress", progress))) return;
      }
      await tell(token, "complete", { data: { title, pages, text: `${title}: ${pages} pages` } });
    } finally {
      reports.delete(key);
    }
  }

  async function execute(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readBody(request);
    if (!verify(secret, request.headers, text)) {
      sendJson(response, 401, { status: "error", code: "FORBIDDEN", message: "The signature is missing or wrong" });
      return;
    }
    const call: Call = JSON.parse(text);
    const { title, pages = 3 } = call.input;
    if (typeof title !== "string" || typeof pages !== "number") {
      sendJson(response, 400, { status: "error", code: "VALIDATION", message: "title must be a text, pages a number" });
      return;
    }
    const { task_token: token, idempotency_key: key } = call.context;
    if (!reports.has(key)) {
      reports.add(key);
      void write(call, title, pages);
    }
    sendJson(response, 202, { status: "pending", task_token: token, heartbeat_timeout: 60 });
  }

  const server = createServer((request, response) => {
    if (request.url === "/healthz") sendJson(response, 200, { status: "ok", version: "1.0.0" });
    else if (request.method === "POST" && request.url === "/execute")
      execute(request, response).catch(() => response.destroy());
    else sendJson(response, 404, { status: "error", code: "NOT_FOUND", message: "POST /execute or GET /healthz" });
  });
  const running = await listen(server, options.port);
  const read = await ask("GET", "/plugins/reports/signing-secret", undefined, apiKey);
  secret = String(read.secret);
  await ask(
    "POST",
    "/register",
    {
      plugin_slug: "reports",
      version: "1.0.0",
      url: options.url ?? `http://127.0.0.1:${running.port}`,
      actions: ["write"],
      metadata: { instance_id: instanceId, region: "local" },
    },
    apiKey,
  );
  return {
    port: running.port,
    async close() {
      await ask("DELETE", `/register/reports/${instanceId}`, undefined, apiKey).catch(() => undefined);
      await running.close();
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
