import type { ConnectorEntry } from "./entry.ts";

export const cryptoEntry: ConnectorEntry = {
  about: `Hashes, random values, Ed25519 signatures, encryption and signed tokens, by the runtime's Web Crypto.

**What comes back stands in the record of the run.** A hash, a signature or a ciphertext may; a random value made here is therefore no secret:
make keys elsewhere and store them with \`PUT /secrets/{name}\`. Keys are given as secrets (\`key: "{{ secrets.KEY }}"\`); actions that take one run where
secrets are opened and mask them in whatever comes back. What \`decrypt\` opens and the tokens of \`jwt_sign\` are in the record of the run like any
output: let tokens live for minutes.

\`encrypt\` is AES-GCM with a random nonce; \`context\` binds the text to a place, so that a ciphertext moved elsewhere does not open. \`jwt_verify\` takes
one algorithm, the one you name, whatever the token says of itself.`,
  examples: [
    {
      action: "hash",
      title: "SHA-256 of a text",
      input: { data: "abc" },
      output: { hash: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    },
    {
      action: "convert",
      title: "What base64 says",
      input: { data: "R3LDvMOfZQ==", from: "base64", to: "utf8" },
      output: { data: "Grüße" },
    },
    {
      action: "uuid",
      title: "A new id",
      input: {},
      output: { uuid: "5b0c8a2e-7a0e-4c0e-9a55-0c8b8b8b6c11" },
    },
    {
      action: "random_bytes",
      title: "A nonce",
      input: { length: 16, encoding: "hex" },
      output: { value: "9f86d081884c7d659a2feaa0c55ad015" },
    },
    { action: "random_integer", title: "A die", input: { min: 1, max: 6 }, output: { value: 4 } },
    {
      action: "verify",
      title: "RFC 8032, test 2",
      input: {
        data: "72",
        data_encoding: "hex",
        public_key: "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=",
        encoding: "hex",
        signature:
          "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
      },
      output: { valid: true },
    },
    {
      action: "hmac",
      title: "RFC 4231, test 2",
      input: { data: "what do ya want for nothing?", key: "{{ secrets.HMAC_KEY }}" },
      output: { hmac: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    },
    {
      action: "verify_hmac",
      title: "A signature that came with a request",
      input: {
        data: "what do ya want for nothing?",
        signature: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        key: "{{ secrets.HMAC_KEY }}",
      },
      output: { valid: true },
    },
    {
      action: "encrypt",
      title: "For one order",
      input: { data: "4111 1111", key: "{{ secrets.AES_KEY }}", context: "order 7" },
      output: { sealed: "q6zDYcOcZDcEKrUWVKQgJZjXD1S5s2mZ6kfxnz3hXW7u9mN8hQ" },
    },
    {
      action: "decrypt",
      title: "And back",
      input: {
        sealed: "AAECAwQFBgcICQoLczPnKuXU8yq8LpHWlMxii-3zENsAxymcSA",
        key: "{{ secrets.AES_KEY }}",
        context: "order 7",
      },
      output: { data: "4111 1111" },
    },
    {
      action: "sign",
      title: "RFC 8032, test 2",
      input: { data: "72", data_encoding: "hex", private_key: "{{ secrets.ED25519_KEY }}", encoding: "hex" },
      output: {
        signature:
          "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
      },
    },
    {
      action: "jwt_sign",
      title: "A token for five minutes",
      input: { claims: { iss: "shop", sub: "order-7" }, key: "{{ secrets.JWT_KEY }}", algorithm: "HS256" },
      output: { token: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3OTU5MzU2MDAsImV4cCI6MTc5NTkzNTkwMH0.x" },
    },
    {
      action: "jwt_verify",
      title: "A token that says it needs no signature",
      input: { token: "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.", key: "{{ secrets.JWT_KEY }}", algorithm: "HS256" },
      output: { valid: false, reason: '"alg" (Algorithm) Header Parameter value not allowed' },
    },
  ],
};
