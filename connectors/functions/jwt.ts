import { isObject, type Json, type JsonObject } from "../../engine/json.ts";
import { bytesOf, encodingOf } from "./byte-text.ts";
import { given, refused, textIn, type TrustedFunction } from "./trusted-function.ts";

/** Read at the first use. */
const library = () => import("jose");

type Key = CryptoKey | Uint8Array;

/** The key of an algorithm: bytes for HS…, PEM for the others. Undefined where it is none. */
async function keyOf(input: JsonObject, use: "sign" | "verify"): Promise<Key | undefined> {
  const algorithm = textIn(input, "algorithm");
  const text = textIn(input, "key");
  if (algorithm.startsWith("HS")) {
    const bytes = bytesOf(text, encodingOf(input.key_encoding));
    return bytes === undefined || bytes.length === 0 ? undefined : bytes;
  }
  const { importPKCS8, importSPKI } = await library();
  // Keys that were set as one line have their line breaks written out.
  const pem = text.replaceAll("\\n", "\n").trim();
  try {
    return use === "sign" ? await importPKCS8(pem, algorithm) : await importSPKI(pem, algorithm);
  } catch {
    return undefined;
  }
}

function noKey(input: JsonObject, pem: string) {
  const algorithm = textIn(input, "algorithm");
  const wanted = algorithm.startsWith("HS") ? "the bytes of the common key, written as `key_encoding` says" : pem;
  return refused(`\`key\` is no key for ${algorithm}: it must be ${wanted}`, "key");
}

/** A signed token (RFC 7519). */
export const jwtSign: TrustedFunction = async (input, world) => {
  const key = await keyOf(input, "sign");
  if (key === undefined) return noKey(input, "a private key as PEM (PKCS #8, `BEGIN PRIVATE KEY`)");
  const { SignJWT } = await library();
  const issuedAt = Math.floor(world.now() / 1_000);
  const seconds = typeof input.expires_in_seconds === "number" ? input.expires_in_seconds : 0;
  const claims = isObject(input.claims) ? input.claims : {};
  const keyId = textIn(input, "key_id");
  try {
    const token = await new SignJWT({ iat: issuedAt, exp: issuedAt + seconds, ...claims })
      .setProtectedHeader({ alg: textIn(input, "algorithm"), typ: "JWT", ...(keyId === "" ? {} : { kid: keyId }) })
      .sign(key);
    return given({ token });
  } catch {
    return refused("These claims cannot be signed with this key", "claims");
  }
};

/** Whether a token is the key's, for us, and in time; a token that is not is an answer and no error. */
export const jwtVerify: TrustedFunction = async (input, world) => {
  const key = await keyOf(input, "verify");
  if (key === undefined) return noKey(input, "a public key as PEM (SPKI, `BEGIN PUBLIC KEY`)");
  const { jwtVerify: verify } = await library();
  const [issuer, audience] = [textIn(input, "issuer"), textIn(input, "audience")];
  try {
    const { payload, protectedHeader } = await verify(textIn(input, "token"), key, {
      // The caller's choice alone: a token that names another algorithm is none of this key's.
      algorithms: [textIn(input, "algorithm")],
      currentDate: new Date(world.now()),
      clockTolerance: typeof input.clock_tolerance_seconds === "number" ? input.clock_tolerance_seconds : 0,
      ...(issuer === "" ? {} : { issuer }),
      ...(audience === "" ? {} : { audience }),
    });
    return given({ valid: true, claims: plain(payload), header: plain(protectedHeader) });
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 200) : "it cannot be read";
    return given({ valid: false, reason });
  }
};

function plain(part: object): JsonObject {
  const value: Json = JSON.parse(JSON.stringify(part));
  return isObject(value) ? value : {};
}
