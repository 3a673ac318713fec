import { bytesOf, encodingOf, textOfBytes } from "../../../connectors/functions/byte-text.ts";
import { importVerifyKey } from "../../../connectors/functions/ed25519-keys.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { done, type Outcome, refuse, type ToolFunction } from "./outcome.ts";
import { numberOf, textOf } from "./read-input.ts";

/* What needs no secret; what does stands in `connectors/functions/crypto.ts` and runs where secrets are in the clear. */

const HASHES: Readonly<Record<string, string>> = {
  sha1: "SHA-1",
  sha256: "SHA-256",
  sha384: "SHA-384",
  sha512: "SHA-512",
};

async function hash(input: JsonObject): Promise<Outcome> {
  const bytes = bytesOf(textOf(input, "data"), encodingOf(input.data_encoding));
  if (bytes === undefined) return refuse(`\`data\` is not ${textOf(input, "data_encoding")}`, { field: "data" });
  const digest = await crypto.subtle.digest(HASHES[textOf(input, "algorithm")] ?? "SHA-256", bytes);
  return done({ hash: textOfBytes(new Uint8Array(digest), encodingOf(input.encoding)) });
}

function convert(input: JsonObject): Outcome {
  const from = encodingOf(input.from);
  const bytes = bytesOf(textOf(input, "data"), from);
  if (bytes === undefined) return refuse(`\`data\` is not ${from}`, { field: "data" });
  try {
    return done({ data: textOfBytes(bytes, encodingOf(input.to)) });
  } catch {
    return refuse("The bytes are not text in UTF-8", { field: "data" });
  }
}

function randomBytes(input: JsonObject): Outcome {
  const bytes = crypto.getRandomValues(new Uint8Array(numberOf(input, "length")));
  return done({ value: textOfBytes(bytes, encodingOf(input.encoding)) });
}

/** Every whole number of the range as likely as every other: what would be more likely is drawn again. */
function randomInteger(input: JsonObject): Outcome {
  const [low, high] = [numberOf(input, "min"), numberOf(input, "max")];
  if (high < low) return refuse("`max` must not be below `min`", { field: "max" });
  const range = high - low + 1;
  if (range > 2 ** 32) return refuse("`min` and `max` may be at most 4294967295 apart", { field: "max" });
  const fair = Math.floor(2 ** 32 / range) * range;
  const drawn = new Uint32Array(1);
  do crypto.getRandomValues(drawn);
  while ((drawn[0] ?? 0) >= fair);
  return done({ value: low + ((drawn[0] ?? 0) % range) });
}

async function verify(input: JsonObject): Promise<Outcome> {
  const data = bytesOf(textOf(input, "data"), encodingOf(input.data_encoding));
  const signature = bytesOf(textOf(input, "signature"), encodingOf(input.encoding));
  const key = await importVerifyKey(textOf(input, "public_key"));
  if (key === undefined)
    return refuse("`public_key` is no Ed25519 key: PEM, or 32 bytes as base64", { field: "public_key" });
  if (data === undefined) return refuse(`\`data\` is not ${textOf(input, "data_encoding")}`, { field: "data" });
  const valid = signature !== undefined && (await crypto.subtle.verify("Ed25519", key, signature, data));
  return done({ valid });
}

/** Actions of `community/crypto` that need no secret. */
export const cryptoFunctions: Record<string, ToolFunction> = {
  hash,
  convert,
  uuid: () => done({ uuid: crypto.randomUUID() }),
  random_bytes: randomBytes,
  random_integer: randomInteger,
  verify,
};
