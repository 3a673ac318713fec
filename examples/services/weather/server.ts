import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listen, readBody, type RunningService, sendJson } from "../listen.ts";
import { forecastAt, weatherAt } from "./weather-at.ts";

/*
 * A connector service in full: POST /execute with the envelope {action, input, context}, GET /healthz. It keeps no state and
 * answers the same call the same way, so it needs no Idempotency-Key.
 */

type Answer =
  | { status: "success"; data: object }
  | { status: "error"; code: string; message: string; details?: object };

function refuse(message: string, details?: object): Answer {
  return { status: "error", code: "VALIDATION", message, ...(details ? { details } : {}) };
}

function execute(action: unknown, input: Record<string, unknown>): Answer {
  const { location, days = 7 } = input;
  if (typeof location !== "string" || location.trim() === "")
    return refuse("location is required", { field: "location" });
  if (location.trim().toLowerCase() === "atlantis")
    return { status: "error", code: "NOT_FOUND", message: "There is no such place any more" };
  if (action === "weather.get_current_weather") return { status: "success", data: weatherAt(location) };
  if (action !== "weather.get_forecast") return refuse(`Unknown action: ${String(action)}`);
  const fits = typeof days === "number" && Number.isInteger(days) && days >= 1 && days <= 7;
  return fits
    ? { status: "success", data: forecastAt(location, days) }
    : refuse("days must be from 1 to 7", { field: "days" });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === "GET" && request.url === "/healthz") {
    sendJson(response, 200, { status: "ok", version: "1.0.0", checks: { data: "healthy" } });
    return;
  }
  if (request.method !== "POST" || request.url !== "/execute") {
    sendJson(response, 404, { status: "error", code: "NOT_FOUND", message: "POST /execute or GET /healthz" });
    return;
  }
  const body = parse(await readBody(request));
  if (!isRecord(body) || !isRecord(body.input)) {
    sendJson(response, 400, refuse("The body must be {action, input}"));
    return;
  }
  const answer = execute(body.action, body.input);
  sendJson(response, answer.status === "success" ? 200 : answer.code === "NOT_FOUND" ? 404 : 400, answer);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Starts the weather service on this machine. Port 0 takes a free one. */
export function start(options: { port: number }): Promise<RunningService> {
  return listen(
    createServer((request, response) => void handle(request, response)),
    options.port,
  );
}
