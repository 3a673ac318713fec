import { Webhook } from "standardwebhooks";
import { isObject, type Json, type JsonObject } from "../../engine/json.ts";
import { type FunctionWorld, given, refused, textIn, type TrustedFunction } from "./trusted-function.ts";

const REQUEST = {
  method: "POST",
  url: "${input.url}",
  headers: "${input.headers}",
  body: "${input.body}",
  bodyType: "text",
} as const;

function bodyOf(payload: Json | undefined): string {
  return typeof payload === "string" ? payload : JSON.stringify(payload ?? null);
}

/** The signer of a `whsec_` secret; undefined where it is none. */
function signerOf(input: JsonObject): Webhook | undefined {
  try {
    return new Webhook(textIn(input, "secret"));
  } catch {
    return undefined;
  }
}

const NO_SECRET = "`secret` is no signing secret: it must be `whsec_` and base64";

function signed(
  signer: Webhook,
  input: JsonObject,
  world: FunctionWorld,
): { body: string; headers: Record<string, string> } {
  const id = textIn(input, "id") || visible(world.idempotencyKey);
  const at = new Date(world.now());
  const body = bodyOf(input.payload);
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signer.sign(id, at, body),
  };
  return { body, headers };
}

/** A header holds visible ASCII: anything else is percent-encoded, as in `Idempotency-Key`. */
function visible(key: string): string {
  return key.replace(/[^\x21-\x7e]+/gu, (part) => encodeURIComponent(part.replace(/\p{Surrogate}/gu, "\uFFFD")));
}

const isVisible = (id: string) => /^[\x21-\x7e]*$/.test(id);

const send: TrustedFunction = async (input, world) => {
  const signer = signerOf(input);
  if (signer === undefined) return refused(NO_SECRET, "secret");
  if (!isVisible(textIn(input, "id"))) return refused("`id` may hold visible ASCII characters only", "id");
  const { body, headers } = signed(signer, input, world);
  const own = isObject(input.headers) ? input.headers : {};
  const type = { "content-type": "application/json" };
  return world.send(REQUEST, { url: textIn(input, "url"), body, headers: { ...type, ...own, ...headers } });
};

const post: TrustedFunction = async (input, world) => {
  const own = isObject(input.headers) ? input.headers : {};
  const type = { "content-type": "application/json" };
  return world.send(REQUEST, { url: textIn(input, "url"), body: bodyOf(input.payload), headers: { ...type, ...own } });
};

const sign: TrustedFunction = async (input, world) => {
  const signer = signerOf(input);
  if (signer === undefined) return refused(NO_SECRET, "secret");
  const { body, headers } = signed(signer, input, world);
  return given({ headers, body });
};

/** A message that is not what it says it is is an answer, no error: the workflow decides. */
const verify: TrustedFunction = async (input) => {
  const signer = signerOf(input);
  if (signer === undefined) return refused(NO_SECRET, "secret");
  const headers = Object.entries(isObject(input.headers) ? input.headers : {}).map(([name, value]) => [
    name.toLowerCase(),
    Array.isArray(value) ? value.join(" ") : String(value),
  ]);
  try {
    signer.verify(textIn(input, "payload"), Object.fromEntries(headers));
    return given({ valid: true });
  } catch (error) {
    return given({ valid: false, reason: error instanceof Error ? error.message.slice(0, 200) : "unknown" });
  }
};

/** Slack's incoming webhooks: the address is the credential, and the connection's token stays out of it. */
const slackIncoming: TrustedFunction = async (input, world) => {
  const { url, ...message } = input;
  const request = { ...REQUEST, bodyType: "json" };
  return world.send(request, { url: url ?? "", body: message, headers: {} }, { anonymous: true });
};

/** Functions that send or check what is signed. */
export const webhookTrusted = { send, post, sign, verify, slackIncoming };
