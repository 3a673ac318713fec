import { AwsV4Signer } from "aws4fetch";
import { isObject, type Json, type JsonObject } from "../../engine/json.ts";
import type { ActionResult } from "../../engine/run/types.ts";
import { firstText, type OpenConnection } from "../auth/credentials.ts";
import { readListing } from "./s3-listing.ts";
import { type FunctionResult, type FunctionWorld, refused, textIn, type TrustedFunction } from "./trusted-function.ts";

const PRESIGNED_METHODS = ["GET", "PUT"];

/** Where the buckets are: the connection's address, else Amazon's in its region. */
function baseOf({ config }: OpenConnection): string {
  const base = firstText([config], ["base_url", "baseUrl", "url"]);
  const region = firstText([config], ["region"]);
  return base?.replace(/\/+$/, "") ?? `https://s3.${region === undefined ? "" : `${region}.`}amazonaws.com`;
}

/** Path-style, each segment of the key encoded. A segment of dots would be another place once the URL is read. */
function addressOf(
  connection: OpenConnection,
  input: JsonObject,
): { ok: true; url: string; baseUrl: string } | Extract<FunctionResult, { ok: false }> {
  const bucket = textIn(input, "bucket") || (firstText([connection.config], ["bucket"]) ?? "");
  const segments = textIn(input, "key").split("/");
  if (!/^[A-Za-z0-9][A-Za-z0-9.\-_]{1,62}$/.test(bucket) || bucket.includes("..")) {
    return refused("`bucket` is no name of a bucket", "bucket");
  }
  if (segments.some((segment) => segment === "." || segment === "..")) {
    return refused("`key` may have no segment that is . or ..: it would mean another object", "key");
  }
  const path = segments.map((segment) => encodeURIComponent(segment.replace(/\p{Surrogate}/gu, "\uFFFD"))).join("/");
  const baseUrl = baseOf(connection);
  return { ok: true, baseUrl, url: `${baseUrl}/${bucket}${path === "" ? "" : `/${path}`}` };
}

interface Target {
  url: string;
  /** Where the credential belongs. */
  baseUrl: string;
  connection: OpenConnection;
}

async function targetOf(
  input: JsonObject,
  world: FunctionWorld,
): Promise<({ ok: true } & Target) | Extract<FunctionResult, { ok: false }>> {
  const found = await world.connection();
  if (!found.ok) return found;
  const address = addressOf(found.connection, input);
  return address.ok ? { ...address, connection: found.connection } : address;
}

interface Answer {
  headers: JsonObject;
  body: Json;
}

function answerOf(result: Extract<ActionResult, { ok: true }>): Answer {
  const { output } = result;
  if (!isObject(output) || !isObject(output.headers)) return { headers: {}, body: null };
  return { headers: output.headers, body: output.body ?? null };
}

function header(answer: Answer, name: string): string | null {
  const value = answer.headers[name];
  return typeof value === "string" ? value : null;
}

const getObject: TrustedFunction = async (input, world) => {
  const target = await targetOf(input, world);
  if (!target.ok) return target;
  const binary = input.encoding === "base64";
  const handler = {
    method: "GET",
    url: "${input.url}",
    baseUrl: target.baseUrl,
    headers: { accept: "*/*" },
    response: { type: binary ? "binary" : "text" },
  } as const;
  const result = await world.send(handler, { url: target.url });
  if (!result.ok) return result;
  const answer = answerOf(result);
  const { body: read } = answer;
  // An empty object has no body to read.
  const text = read === null ? "" : typeof read === "string" ? read : JSON.stringify(read);
  const body = binary && isObject(read) ? (read.base64 ?? "") : text;
  return {
    ok: true,
    output: {
      body,
      content_type: header(answer, "content-type"),
      etag: header(answer, "etag"),
      last_modified: header(answer, "last-modified"),
    },
  };
};

const putObject: TrustedFunction = async (input, world) => {
  const target = await targetOf(input, world);
  if (!target.ok) return target;
  const binary = input.encoding === "base64";
  const metadata = Object.entries(isObject(input.metadata) ? input.metadata : {});
  const headers = {
    "content-type": textIn(input, "content_type"),
    ...Object.fromEntries(metadata.map(([name, value]) => [`x-amz-meta-${name}`, value])),
  };
  const handler = {
    method: "PUT",
    url: "${input.url}",
    baseUrl: target.baseUrl,
    headers: "${input.headers}",
    body: "${input.body}",
    bodyType: binary ? "binary" : "text",
  } as const;
  const result = await world.send(handler, { url: target.url, headers, body: input.body ?? "" });
  if (!result.ok) return result;
  const answer = answerOf(result);
  return { ok: true, output: { etag: header(answer, "etag"), version_id: header(answer, "x-amz-version-id") } };
};

const deleteObject: TrustedFunction = async (input, world) => {
  const target = await targetOf(input, world);
  if (!target.ok) return target;
  const result = await world.send(
    { method: "DELETE", url: "${input.url}", baseUrl: target.baseUrl },
    { url: target.url },
  );
  return result.ok ? { ok: true, output: { deleted: true } } : result;
};

const listObjects: TrustedFunction = async (input, world) => {
  const target = await targetOf({ ...input, key: "" }, world);
  if (!target.ok) return target;
  const query: JsonObject = { "list-type": 2, "max-keys": input.max_keys ?? 1_000 };
  for (const [member, name] of [
    ["prefix", "prefix"],
    ["delimiter", "delimiter"],
    ["start_after", "start-after"],
    ["continuation_token", "continuation-token"],
  ] as const) {
    if (textIn(input, member) !== "") query[name] = textIn(input, member);
  }
  const { baseUrl } = target;
  const handler = {
    method: "GET",
    url: "${input.url}",
    baseUrl,
    query: "${input.query}",
    response: { type: "text" },
  } as const;
  const result = await world.send(handler, { url: target.url, query });
  if (!result.ok) return result;
  const listing = readListing(String(answerOf(result).body));
  if (listing !== undefined) return { ok: true, output: listing };
  const message = "The answer to the listing is not the XML of ListObjectsV2";
  return { ok: false, error: { code: "BACKEND_ERROR", message, details: { reason: "not_a_listing" } } };
};

/** A URL that carries its own signature: whoever has it may use it until it expires. */
const presign: TrustedFunction = async (input, world) => {
  const target = await targetOf(input, world);
  if (!target.ok) return target;
  const { values, config } = target.connection;
  const accessKeyId = firstText([values, config], ["access_key_id", "accessKeyId"]);
  const secretAccessKey = firstText([values], ["secret_access_key", "secretAccessKey"]);
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const message = "The connection needs `access_key_id` and `secret_access_key`";
    return { ok: false, error: { code: "UNAVAILABLE", message, details: { reason: "connection" } }, permanent: true };
  }
  world.conceal(secretAccessKey);
  const seconds = typeof input.expires_in_seconds === "number" ? input.expires_in_seconds : 900;
  const url = new URL(target.url);
  url.searchParams.set("X-Amz-Expires", String(seconds));
  const region = firstText([config], ["region"]);
  const sessionToken = firstText([values], ["session_token", "sessionToken"]);
  const signer = new AwsV4Signer({
    url: url.href,
    method: PRESIGNED_METHODS.find((method) => method === input.method) ?? "GET",
    accessKeyId,
    secretAccessKey,
    signQuery: true,
    service: "s3",
    datetime: new Date(world.now()).toISOString().replaceAll(/[:-]|\.\d{3}/g, ""),
    ...(region === undefined ? {} : { region }),
    ...(sessionToken === undefined ? {} : { sessionToken }),
  });
  const { url: signed } = await signer.sign();
  return { ok: true, output: { url: signed.href, expires_at: new Date(world.now() + seconds * 1_000).toISOString() } };
};

/** Functions of `community/s3`. */
export const s3Trusted = { getObject, putObject, deleteObject, listObjects, presign };
