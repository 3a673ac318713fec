import { expect, test } from "vitest";
import { ReceiptKeys } from "./receipt-keys.ts";

const KEY = {
  kty: "OKP",
  crv: "Ed25519",
  d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
  x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
  kid: "one",
};
const { d: _private, ...PUBLIC } = KEY;

test("the public set has every key, and of none its private part", () => {
  const former = { ...KEY, kid: "former", alg: "EdDSA", use: "sig" };
  const { published } = new ReceiptKeys(JSON.stringify({ keys: [KEY, former, { ...PUBLIC, kid: "oldest" }] }));
  expect(published.keys.map(({ kid }) => kid)).toEqual(["one", "former", "oldest"]);
  expect(JSON.stringify(published)).not.toContain(KEY.d);
  expect(published.keys[0]).toEqual({ ...PUBLIC, alg: "EdDSA", use: "sig" });
});

test.each<[what: string, text: string]>([
  ["no JSON", "secret"],
  ["no keys", "{}"],
  ["a first key that cannot sign", JSON.stringify({ keys: [PUBLIC, KEY] })],
  ["a key of another kind", JSON.stringify({ keys: [{ ...KEY, crv: "P-256" }] })],
  ["a key without an id", JSON.stringify({ keys: [{ ...KEY, kid: undefined }] })],
])("%s is refused where the deployment is read, without a word of the value", (_what, text) => {
  expect(() => new ReceiptKeys(text)).toThrow(/RECEIPT_KEYS.*docs\/guide\/deploy\.md/);
  expect(() => new ReceiptKeys(text)).not.toThrow(new RegExp(`secret|${KEY.d}`));
});
