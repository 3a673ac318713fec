import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";
import type { ActionResult, AttemptUsage, ReportedUsage } from "../../../engine/run/types.ts";
import { type Failed, failed } from "../../failed.ts";
import type { Pagination } from "../../manifest/manifest.ts";
import type { BuiltRequest } from "./direct-request.ts";
import { failureInBody, usageInBody } from "./body-verdict.ts";
import { type Exchanged, MOST_ANSWER_BYTES } from "./exchange.ts";
import { extracted, type Mapped, mapDirect, type Reading, statusFailure } from "./map-answer.ts";
import { itemsOf, nextPage, type Turn } from "./next-page.ts";
import { parseJson } from "./parse-answer.ts";
import type { PinnedHttpHandler } from "./pinned-handler.ts";
import { type HeaderMap, RequestHeaders } from "../../egress/request-headers.ts";
import { asText, RenderProblem } from "./render.ts";

export interface AskOptions {
  /** It goes to an origin that is not the first page's: without any credential. */
  foreign?: boolean;
  /** What is left of the size limit. */
  mostBytes?: number;
}

interface PagesOptions {
  expected: Json | undefined;
  reading: Reading;
  /** The header of the idempotency key, where it is not `Idempotency-Key`. */
  keyHeader?: string;
}

type Ask = (request: BuiltRequest, options: AskOptions) => Promise<Exchanged>;

/**
 * Fetches page after page in one attempt, until there are no more or a limit is reached: `{status, headers, body, pages,
 * has_more}` with the items of all pages in `body`, status and headers of the last one. Each page is a request of its own, with
 * the egress rules and the credential; a next page at another origin gets no credential.
 */
export async function askPages(
  handler: Omit<PinnedHttpHandler, "pagination"> & { pagination: Pagination },
  first: BuiltRequest,
  ask: Ask,
  { expected, reading, keyHeader = "idempotency-key" }: PagesOptions,
): Promise<ActionResult> {
  const { pagination } = handler;
  const home = URL.canParse(first.url) ? new URL(first.url).origin : undefined;
  const items: Json[] = [];
  const seen = new Set<string>();
  let left = MOST_ANSWER_BYTES;
  /** What the service counted, over all pages. */
  let usage: AttemptUsage = { compute_ms: 0, egress_bytes: 0 };
  let turn: Turn = { url: first.url, set: startOf(pagination) };
  for (let pages = 1; ; pages += 1) {
    const request = pageRequest(first, turn);
    const key = keyOf(request);
    if (seen.has(key)) return circles(pages);
    seen.add(key);
    // Each page is a request of its own: a service that answers a key twice alike would give the first page again.
    if (pages > 1) request.headers.set(keyHeader, `${request.headers.get(keyHeader) ?? ""}:page:${pages}`);
    const foreign = pages > 1 && new URL(request.url).origin !== home;
    const asked = await ask(request, { foreign, mostBytes: left });
    if (!asked.ok) return asked;
    left -= asked.bytes;
    const { answer } = asked;
    if (answer.status >= 400 && pages === 1) return mapDirect(handler, expected, answer, reading);
    const wrong =
      answer.status >= 400 ? statusFailure(answer, reading) : failureInBody(handler, answer, reading.masker);
    if (wrong !== undefined) return wrong;
    usage = withCounted(usage, usageInBody(handler, answer));
    const found = itemsOf(pagination, answer.body);
    if (found === undefined) return noItems(pagination, pages);
    const room = pagination.maxItems - items.length;
    items.push(...found.slice(0, room));
    const next = nextPage(pagination, { asked, found: found.length, turn, pages });
    if (!next.ok) return next;
    const full = found.length > room || items.length >= pagination.maxItems || pages >= pagination.maxPages;
    if (next.turn !== undefined && !full) {
      turn = next.turn;
      continue;
    }
    const has_more = next.turn !== undefined || found.length > room;
    const whole = { status: answer.status, headers: answer.headers, body: items, pages, has_more };
    const mapped = picked(handler, items, whole);
    return mapped.ok ? { ok: true, output: mapped.output, usage } : mapped;
  }
}

function picked({ response }: Pick<PinnedHttpHandler, "response">, items: Json[], whole: JsonObject): Mapped {
  return response?.extract === undefined ? { ok: true, output: whole } : extracted(response.extract, items);
}

function withCounted(usage: AttemptUsage, counted: ReportedUsage | undefined): AttemptUsage {
  if (counted === undefined) return usage;
  const { input_tokens = 0, output_tokens = 0 } = usage;
  return {
    ...usage,
    input_tokens: input_tokens + (counted.input_tokens ?? 0),
    output_tokens: output_tokens + (counted.output_tokens ?? 0),
  };
}

/** What the first request says of its place. A cursor begins without one. */
function startOf(pagination: Pagination): Turn["set"] {
  if (pagination.type !== "offset" && pagination.type !== "page") return undefined;
  return { in: pagination.in, members: { ...limitOf(pagination), [pagination.param]: pagination.start } };
}

function limitOf({ limit, limitParam }: { limit?: number; limitParam?: string }): JsonObject {
  return limit === undefined ? {} : { [limitParam ?? "limit"]: limit };
}

const NO_BODY: readonly string[] = ["GET", "HEAD"];

/** A copy of the first request for one page: signing changes what it is given. */
function pageRequest(first: BuiltRequest, { url, set }: Turn): BuiltRequest {
  const request: BuiltRequest = { ...first, url, headers: new RequestHeaders(first.headers) };
  if (set === undefined) return request;
  if (set.in === "query") {
    const target = new URL(url);
    for (const [name, value] of Object.entries(set.members)) target.searchParams.set(name, String(value));
    return { ...request, url: target.href };
  }
  if (NO_BODY.includes(first.method))
    throw new RenderProblem("pagination.in", `pagination cannot put anything into the body of a ${first.method}`);
  return { ...request, body: bodyWith(first, set.members, request.headers) };
}

/** The first request's body with these members, written as it was: JSON, a form or multipart. */
function bodyWith({ body }: BuiltRequest, members: JsonObject, headers: HeaderMap): NonNullable<BuiltRequest["body"]> {
  const texts = Object.entries(members).map(([name, value]) => [name, asText(value)] as const);
  if (body instanceof URLSearchParams) {
    const form = new URLSearchParams(body);
    for (const [name, text] of texts) form.set(name, text);
    return form;
  }
  if (body instanceof FormData) {
    const form = new FormData();
    for (const [name, value] of body) form.append(name, value);
    for (const [name, text] of texts) form.set(name, text);
    return form;
  }
  const written = body === undefined ? {} : typeof body === "string" ? parseJson(body) : undefined;
  if (written === undefined || !isObject(written)) {
    const names = texts.map(([name]) => name).join(", ");
    throw new RenderProblem("pagination.in", `pagination cannot put ${names} into this body: it is no map of members`);
  }
  if (!headers.has("content-type")) headers.set("content-type", "application/json");
  return JSON.stringify({ ...written, ...members });
}

function keyOf({ url, body }: BuiltRequest): string {
  if (body instanceof FormData) return JSON.stringify([url, [...body].map(([name, value]) => [name, String(value)])]);
  return `${url} ${body instanceof Uint8Array ? "" : (body ?? "").toString()}`;
}

function circles(pages: number): Failed {
  const message = `Page ${pages} is one that the service has given before: its pages go in circles`;
  return failed("BACKEND_ERROR", message, { reason: "pagination", page: pages });
}

function noItems({ items }: Pagination, pages: number): Failed {
  const message =
    items === undefined
      ? `Page ${pages} is no list: say where its items stand, in pagination.items`
      : `Page ${pages} has no list of items at ${items}`;
  return failed("BACKEND_ERROR", message, { reason: "pagination", page: pages });
}
