import { BYTE_ENCODINGS } from "../functions/byte-text.ts";
import { toolboxManifest } from "./first-party-manifest.ts";
import { boolean, integer, map, object, oneOf, string } from "./schema-terms.ts";

const data = string("The text to work on");
const dataEncoding = oneOf("What `data` is: text, or bytes written as text", BYTE_ENCODINGS, { default: "utf8" });
const binary = BYTE_ENCODINGS.filter((encoding) => encoding !== "utf8");
const encoding = (of: string, standard = "hex") => oneOf(`How ${of} is written`, binary, { default: standard });

const key = string("The key; usually a secret", { "x-secret": true, minLength: 1 });
const keyEncoding = (standard: string) => oneOf("How the key is written", BYTE_ENCODINGS, { default: standard });
const hashName = oneOf("Over which hash", ["sha256", "sha384", "sha512", "sha1"], { default: "sha256" });
const context = string("What it belongs to: opening asks for the same text", { default: "" });
const algorithm = oneOf("How it is signed", ["HS256", "HS384", "HS512", "RS256", "PS256", "ES256", "ES384", "EdDSA"]);

/** `community/crypto`: hashes, random values, signatures, ciphers and tokens. */
export const cryptoConnector = toolboxManifest(
  {
    name: "crypto",
    displayName: "Crypto",
    description: "Hashes, random values, signatures, encryption and signed tokens",
    categories: ["security"],
  },
  [
    {
      name: "hash",
      description: "The hash of a text",
      input: object({
        data,
        "algorithm?": oneOf("Which hash", ["sha256", "sha384", "sha512", "sha1"], { default: "sha256" }),
        "data_encoding?": dataEncoding,
        "encoding?": encoding("the hash"),
      }),
      output: object({ hash: string("The hash") }),
    },
    {
      name: "convert",
      description: "Bytes from one way of writing to another",
      input: object({
        data: string("The text"),
        from: oneOf("What it is", BYTE_ENCODINGS),
        to: oneOf("What it becomes", BYTE_ENCODINGS),
      }),
      output: object({ data: string("The other text") }),
    },
    {
      name: "uuid",
      description: "A random UUID (version 4)",
      input: object({}),
      output: object({ uuid: string("The UUID") }),
    },
    {
      name: "random_bytes",
      description: "Random bytes; they stand in the record of the run, so they are no secret",
      input: object({
        "length?": integer("How many bytes", { default: 32, minimum: 1, maximum: 1_024 }),
        "encoding?": encoding("they are", "base64url"),
      }),
      output: object({ value: string("The bytes as text") }),
    },
    {
      name: "random_integer",
      description: "A random whole number, each as likely as any other",
      input: object({
        "min?": integer("The least", { default: 0, minimum: -9_007_199_254_740_991 }),
        max: integer("The greatest", { maximum: 9_007_199_254_740_991 }),
      }),
      output: object({ value: integer("The number") }),
    },
    {
      name: "verify",
      description: "Whether an Ed25519 signature is the key's over this text",
      input: object({
        data,
        signature: string("The signature"),
        public_key: string("PEM, or the 32 bytes in base64"),
        "data_encoding?": dataEncoding,
        "encoding?": encoding("the signature", "base64"),
      }),
      output: object({ valid: boolean("Whether it is") }),
    },
    {
      name: "hmac",
      description: "The HMAC of a text under a secret key",
      input: object({
        data,
        key,
        "algorithm?": hashName,
        "data_encoding?": dataEncoding,
        "key_encoding?": keyEncoding("utf8"),
        "encoding?": encoding("the HMAC"),
      }),
      output: object({ hmac: string("The HMAC") }),
    },
    {
      name: "verify_hmac",
      description: "Whether an HMAC is this key's over this text, compared in constant time",
      input: object({
        data,
        signature: string("The HMAC"),
        key,
        "algorithm?": hashName,
        "data_encoding?": dataEncoding,
        "key_encoding?": keyEncoding("utf8"),
        "encoding?": encoding("the HMAC"),
      }),
      output: object({ valid: boolean("Whether it is") }),
    },
    {
      name: "encrypt",
      description: "Encrypts a text (AES-GCM); what comes back can be neither read nor changed without the key",
      input: object({
        data,
        key,
        "data_encoding?": dataEncoding,
        "key_encoding?": keyEncoding("base64"),
        "context?": context,
      }),
      output: object({ sealed: string("Nonce, ciphertext and tag in base64url") }),
    },
    {
      name: "decrypt",
      description: "Opens what `encrypt` gave; the text then stands in the record of the run",
      input: object({
        sealed: string("What `encrypt` gave"),
        key,
        "data_encoding?": oneOf("How the text is written", BYTE_ENCODINGS, { default: "utf8" }),
        "key_encoding?": keyEncoding("base64"),
        "context?": context,
      }),
      output: object({ data: string("The text") }),
    },
    {
      name: "sign",
      description: "The Ed25519 signature of a text",
      input: object({
        data,
        private_key: string("PEM (PKCS #8), or 32 bytes in base64; usually a secret", {
          "x-secret": true,
          minLength: 1,
        }),
        "data_encoding?": dataEncoding,
        "encoding?": encoding("the signature", "base64"),
      }),
      output: object({ signature: string("The signature") }),
    },
    {
      name: "jwt_sign",
      description: "A signed token (RFC 7519) with iat and exp; it stands in the record of the run until it expires",
      input: object({
        claims: map("What it says: iss, sub, aud and whatever else"),
        key,
        algorithm,
        "key_encoding?": keyEncoding("utf8"),
        "expires_in_seconds?": integer("How long it is good", { default: 300, minimum: 1, maximum: 31_536_000 }),
        "key_id?": string("`kid` of the header", { maxLength: 200 }),
      }),
      output: object({ token: string("The token") }),
    },
    {
      name: "jwt_verify",
      description: "Whether a token is this key's, for us, and in time; one that is not is no error",
      input: object({
        token: string("The token; may be a secret", { "x-secret": true }),
        key,
        algorithm,
        "key_encoding?": keyEncoding("utf8"),
        "issuer?": string("Who must have made it"),
        "audience?": string("For whom it must be"),
        "clock_tolerance_seconds?": integer("How far clocks may differ", { default: 0, minimum: 0, maximum: 600 }),
      }),
      output: object({
        valid: boolean("Whether it is"),
        "claims?": map("What it says"),
        "header?": map("Its header"),
        "reason?": string("Why it is not valid"),
      }),
    },
  ],
);
