import { createHash, generateKeyPairSync } from "node:crypto";

/** A private key that signs receipts, as a JSON Web Key; its id is its thumbprint (RFC 7638). */
export function newReceiptKey() {
  const { crv, d, kty, x } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const kid = createHash("sha256").update(JSON.stringify({ crv, kty, x })).digest("base64url");
  return { kty, crv, x, d, kid, alg: "EdDSA", use: "sig" };
}
