import { WALKED_DEPTH } from "../../../engine/expressions/limits.ts";
import type { EgressPolicy } from "../../egress/egress.ts";
import { fetchChecked } from "../../egress/fetch-checked.ts";
import { isBounded, readCapped } from "../../egress/read-capped.ts";
import { type Failed, failed } from "../../failed.ts";
import type { Masker } from "../../mask.ts";
import { AttemptOver } from "./attempt-over.ts";
import type { AnswerType } from "./body-type-of.ts";
import type { BuiltRequest } from "./direct-request.ts";
import { hostOf } from "./host-of.ts";
import {
  answerHeaders,
  answerText,
  isDeeper,
  isJsonText,
  parseAnswer,
  type ParsedAnswer,
  quoted,
} from "./parse-answer.ts";
import { brokenOff, cutOff, unresolved } from "./unreachable.ts";

/** Largest answer that is read, after decompression; of all pages together, where there are several. */
export const MOST_ANSWER_BYTES = 6 * 1024 * 1024;

/** An answer whole: parsed, with the URL that gave it and how many bytes its body had. */
export type Exchanged = { ok: true; answer: ParsedAnswer; url: string; bytes: number } | Failed;

export interface Exchange {
  credentialHeaders: string[];
  bodyIsSecret: boolean;
  /** The URL is the handler's own, with nothing put into it. */
  isWritten: boolean;
  policy: EgressPolicy;
  /** How the body is read, where its content type shall not say. */
  bodyType: AnswerType | undefined;
  mostBytes: number;
  fetch: typeof fetch;
  /** Masks what is quoted of a body before it is cut. */
  masker: Masker;
  /** Set as it goes on. `begun`: a request is about to leave, and its outcome may be unknown; `answering`: the head of its answer has come. */
  sent: { begun: boolean; answering: boolean };
  /** `over`: nothing may leave any more; `signal`: stops what is under way then. */
  time: { readonly over: boolean; readonly signal: AbortSignal | undefined };
}

/** Sends a built request and reads the whole answer; whatever goes wrong is a failure with its code. Throws `AttemptOver` alone. */
export async function exchange(request: BuiltRequest, options: Exchange): Promise<Exchanged> {
  let dialled: string | undefined;
  let answering: Response | undefined;
  let received: number | undefined;
  const send: typeof fetch = (target, init) => {
    if (options.time.over) throw new AttemptOver();
    dialled = String(target);
    options.sent.begun = true;
    return options.fetch(target, init);
  };
  try {
    const { credentialHeaders, bodyIsSecret, isWritten } = options;
    const outcome = await fetchChecked(
      { ...request, credentialHeaders, bodyIsSecret, isWritten },
      options.policy,
      options.time.signal,
      send,
    );
    switch (outcome.kind) {
      case "refused":
        return egressRefused(outcome.reason, outcome.url, {
          redirected: outcome.url !== request.url && dialled !== undefined,
          inDevelopment: options.policy.developmentHosts !== undefined,
        });
      case "unresolved":
        // The question may have been given up with the attempt.
        if (options.time.over) throw new AttemptOver();
        return unresolved(outcome.url, outcome.reason, dialled !== undefined);
      case "too_many_redirects":
        return redirectsTooOften(request.url);
      case "answer":
        break;
      default:
        return outcome satisfies never;
    }
    const { response, status, url } = outcome;
    answering = response;
    options.sent.answering = true;
    const headers = answerHeaders(response);
    const onBytes = (bytes: number) => {
      received = bytes;
    };
    const read = await readBody(response, headers, options, onBytes);
    if (!read.ok) return tooLarge(url, status, options.mostBytes);
    const parsed = parseAnswer(status, headers, read.body, options.bodyType);
    if (parsed === undefined) return notJson(url, response, read.body, options.masker);
    const answer: ParsedAnswer = parsed;
    answer.backend = hostOf(url);
    // Each level takes two bytes at least.
    if (read.size > 2 * WALKED_DEPTH && isDeeper(answer.body, WALKED_DEPTH)) return tooDeep(url, answer.status);
    return { ok: true, answer, url, bytes: read.size };
  } catch (error) {
    if (error instanceof AttemptOver) throw error;
    if (answering !== undefined) return cutOff(request.url, answering, received, error);
    return brokenOff(request.url, dialled, error, options.policy.names !== undefined);
  }
}

type Body = { ok: true; body: Uint8Array | string; size: number } | { ok: false };

async function readBody(
  response: Response,
  headers: Record<string, string>,
  { mostBytes, bodyType }: Pick<Exchange, "mostBytes" | "bodyType">,
  onBytes: (bytes: number) => void,
): Promise<Body> {
  const declared = Number(headers["content-length"] ?? "0");
  if (declared <= mostBytes && isBounded(headers, declared) && isJsonText(headers["content-type"] ?? "", bodyType)) {
    const text = await response.text();
    // The answer to a HEAD declares the length of what it does not bring; what declares too little is not believed.
    const size = text === "" ? 0 : Math.max(declared, text.length);
    return size > mostBytes ? { ok: false } : { ok: true, body: text, size };
  }
  const read = await readCapped(response, mostBytes, onBytes, headers);
  return read.ok ? { ok: true, body: read.bytes, size: read.bytes.byteLength } : read;
}

/** The only way to a service on the machine of whoever tries things out. */
const NAME_IT =
  ". To call a service on this machine, start with SMARTIFY_HOSTS=books.test:8080=127.0.0.1:8700 and write http://books.test:8080";

/** Section 20: an outgoing request refused by the egress rules, redirects included. */
function egressRefused(rule: string, url: string, how: { redirected: boolean; inDevelopment: boolean }): Failed {
  const { redirected, inDevelopment } = how;
  const what = redirected ? `It redirects to ${hostOf(url)}, which` : `A request to ${hostOf(url)}`;
  const hint = inDevelopment && /not public$|^port /.test(rule) ? NAME_IT : "";
  return failed(
    "FORBIDDEN",
    `${what} is not allowed: ${rule}${hint}`,
    { reason: "egress", rule, backend: hostOf(url) },
    true,
  );
}

function redirectsTooOften(url: string): Failed {
  const details = { reason: "redirects", limit: 5, backend: hostOf(url) };
  return failed("BACKEND_ERROR", `${hostOf(url)} redirects more than 5 times`, details);
}

function tooLarge(url: string, status: number, max: number): Failed {
  const message = `The answer of ${hostOf(url)} is larger than ${Math.round((max / 1024 / 1024) * 100) / 100} MiB`;
  const details = { limit: "payload_bytes", max, status, backend: hostOf(url) };
  return failed("PAYLOAD_TOO_LARGE", message, details, true);
}

/** Nobody could walk it: not a mask, not a schema, not a template. */
function tooDeep(url: string, status: number): Failed {
  const message = `The answer of ${hostOf(url)} nests deeper than ${WALKED_DEPTH} levels`;
  const details = { limit: "depth", max: WALKED_DEPTH, status, backend: hostOf(url) };
  return failed("BACKEND_ERROR", message, details, true);
}

/** The handler says that it is JSON. */
function notJson(url: string, response: Response, answered: Uint8Array | string, masker: Masker): Failed {
  const type = response.headers.get("content-type") ?? "";
  const body = quoted(masker.text(answerText(type, answered)));
  const kind = type === "" ? "of no content type" : masker.text(type).slice(0, 100);
  const message = `The answer of ${hostOf(url)} is not JSON, as response.type says, but ${kind}`;
  return failed("BACKEND_ERROR", message, { status: response.status, reason: "not_json", backend: hostOf(url), body });
}
