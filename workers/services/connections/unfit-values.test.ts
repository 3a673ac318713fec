import { expect, test } from "vitest";
import { AUTH_TYPES } from "../../../engine/auth-type.ts";
import { unfitType } from "./unfit-type.ts";
import { unfitValues } from "./unfit-values.ts";

const at = (type: (typeof AUTH_TYPES)[number], values: Parameters<typeof unfitValues>[1]) =>
  unfitValues(type, values).map(({ path, suggestion }) => (suggestion === undefined ? path : `${path} ${suggestion}`));

test("a connector takes the type of connection it declares, and OAUTH2 and BEARER for each other", () => {
  const taken = (type: (typeof AUTH_TYPES)[number], connector = "acme/a") =>
    AUTH_TYPES.filter((other) => unfitType(other, { type }, connector).length === 0);
  expect(taken("BEARER")).toEqual(["BEARER", "OAUTH2"]);
  expect(taken("API_KEY")).toEqual(["API_KEY"]);
  expect(taken("MTLS")).toEqual(["MTLS"]);
  expect(taken("CUSTOM")).toEqual([...AUTH_TYPES]);
  expect(taken("NONE")).toEqual([...AUTH_TYPES]);
  expect(taken("BEARER", "community/email")).toContain("API_KEY");
  expect(unfitType("API_KEY", undefined, "acme/a")).toEqual([]);
  expect(unfitType("API_KEY", { type: "BEARER" }, "acme/a")).toMatchObject([
    { path: "/type", message: expect.stringContaining("BEARER or OAUTH2") },
  ]);
});

test("values that are missing, unknown or no text are all named, a misspelt one with what was meant", () => {
  expect(at("BEARER", { tokn: "a" })).toEqual(["/values/tokn token", "/values/token"]);
  expect(at("BASIC", { pasword: "p", base_ur: "https://a.example" })).toEqual([
    "/values/pasword password",
    "/values/base_ur base_url",
    "/values/username",
  ]);
  expect(at("API_KEY", { api_key: 5, in: "body" })).toEqual(["/values/api_key", "/values/in"]);
  expect(at("AWS_SIGV4", {})).toEqual(["/values/access_key_id", "/values/secret_access_key"]);
  expect(at("OAUTH2", { scope: "a", client_id: "a" })).toEqual(["/values/scope scopes"]);
  expect(at("NONE", { "a/b": "x" })).toEqual(["/values/a~1b"]);
});

test("what an adapter reads, settings and headers of any name are taken", () => {
  for (const name of ["token", "access_token", "value"]) expect(at("BEARER", { [name]: "a" })).toEqual([]);
  const settings = { base_url: "https://a.example", concurrent: 3, region: "eu", prefix: "Key", bucket: "b" };
  expect(at("BEARER", { token: "a", ...settings })).toEqual([]);
  expect(at("BASIC", { username: "u", password: "" })).toEqual([]);
  expect(at("CUSTOM_HEADER", { "X-Any": "a" })).toEqual([]);
  expect(at("NONE", settings)).toEqual([]);
});

test("sealed values may name secrets, what is shown env values alone, and nothing is computed", () => {
  for (const token of ["${secrets.KEY}", "a ${ secrets.KEY }", "{{ secrets.KEY }}", "${env.KEY}", "pa$${w}{{rd"])
    expect(at("BEARER", { token, base_url: "https://${env.REGION}.example.com" })).toEqual([]);
  for (const token of ["{{ secrets.KEY | base64 }}", "${input.token}", "${secrets.KEY.member}"])
    expect(unfitValues("BEARER", { token })).toMatchObject([
      { path: "/values/token", message: expect.stringContaining("no filters") },
    ]);
  expect(at("CUSTOM_HEADER", { headers: { "x-key": "{{ secrets.KEY | upper }}" } })).toEqual(["/values/headers"]);
  expect(at("BEARER", { token: "a", base_url: "https://${secrets.HOST}" })).toEqual(["/values/base_url"]);
});
