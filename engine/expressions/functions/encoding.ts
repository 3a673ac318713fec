import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { isObject, type Json } from "../../json.ts";
import { ExpressionError } from "../expression-error.ts";
import type { Run } from "../run.ts";
import { asList, asMap, asText } from "./arguments.ts";
import type { FunctionRow } from "./function-row.ts";
import { fromJson } from "./from-json.ts";

const value = { name: "value" };
const HASHES = new Map<string, Parameters<typeof hmac>[0]>([
  ["sha256", sha256],
  ["sha384", sha384],
  ["sha512", sha512],
]);
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const UNRESERVED = /[A-Za-z0-9\-_.~]/;

/** The text's bytes in UTF-8, counted as work. */
function bytesOf(from: Json | undefined, what: string, run: Run): Uint8Array {
  const text = asText(from, what);
  run.spend(1 + (text.length >> 6));
  return utf8ToBytes(text);
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3);
    const group = (a << 16) | (b << 8) | c;
    const left = bytes.length - i;
    text += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 63);
    text += left > 1 ? ALPHABET.charAt((group >> 6) & 63) : "=";
    text += left > 2 ? ALPHABET.charAt(group & 63) : "=";
  }
  return text;
}

function percentEncoded(from: Json | undefined, run: Run): string {
  let text = "";
  for (const byte of bytesOf(from, "urlencode", run)) {
    const character = String.fromCharCode(byte);
    text += UNRESERVED.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return run.produced(text);
}

function urlencode(from: Json | undefined, run: Run): string {
  if (!isObject(from)) return percentEncoded(from, run);
  const pairs = Object.entries(asMap(from, "urlencode", run)).flatMap(([key, member]) => {
    const values = Array.isArray(member) ? asList(member, "urlencode", run) : [member];
    return values.map((item) => `${percentEncoded(key, run)}=${percentEncoded(item, run)}`);
  });
  return pairs.join("&");
}

function keyedHash(from: Json | undefined, key: Json | undefined, algorithm: string, run: Run): string {
  const hash = HASHES.get(algorithm);
  if (hash === undefined) throw new ExpressionError(`hmac knows ${[...HASHES.keys()].join(", ")}, not ${algorithm}`);
  return run.produced(bytesToHex(hmac(hash, bytesOf(key, "hmac", run), bytesOf(from, "hmac", run))));
}

export const ENCODING_FUNCTIONS: readonly FunctionRow[] = [
  {
    name: "fromjson",
    summary: "value that JSON text stands for",
    parameters: [value],
    apply: ([text], run) => fromJson(asText(text, "fromjson"), run),
  },
  {
    name: "base64",
    summary: "Base64 of the text's UTF-8",
    parameters: [value],
    apply: ([text], run) => run.produced(base64(bytesOf(text, "base64", run))),
  },
  {
    name: "urlencode",
    summary: "text percent-encoded for any part of a URL; a map as a query string",
    parameters: [value],
    apply: ([from], run) => urlencode(from, run),
  },
  {
    name: "sha256",
    summary: "SHA-256 of the text's UTF-8, in hex",
    parameters: [value],
    apply: ([text], run) => run.produced(bytesToHex(sha256(bytesOf(text, "sha256", run)))),
  },
  {
    name: "hmac",
    summary: "keyed hash of the text (sha256, sha384, sha512), in hex",
    parameters: [value, { name: "key" }, { name: "algorithm", default: "sha256" }],
    apply: ([text, key, algorithm], run) => keyedHash(text, key, asText(algorithm ?? "sha256", "hmac"), run),
  },
];
