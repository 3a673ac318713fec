import { generateKeyPairSync, sign as signWith } from "node:crypto";
import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { cryptoConnector } from "../../connectors/first-party/crypto.ts";
import type { JsonObject } from "../../engine/json.ts";
import type { ActionResult } from "../../engine/run/types.ts";
import { invokeThere } from "./invoke-there.ts";

interface More {
  secrets?: Record<string, string>;
}

function attempt(name: string, input: JsonObject, { secrets }: More = {}): Promise<ActionResult> {
  return invokeThere(cryptoConnector, name.replace("crypto.", ""), input, { what: "nothing", hosts: {} }, secrets);
}

async function output(name: string, input: JsonObject, more?: More): Promise<JsonObject> {
  const result = await attempt(name, input, more);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.output as JsonObject;
}

async function failure(name: string, input: JsonObject, more?: More) {
  const result = await attempt(name, input, more);
  if (result.ok) throw new Error(`was accepted: ${JSON.stringify(result.output)}`);
  return result;
}

describe("crypto (judged by node:crypto and jose)", () => {
  const key = Buffer.alloc(32, 7).toString("base64");
  const jwtKey = "a key of at least thirty-two bytes!!";
  const secrets = { KEY: key, JWT: jwtKey, SHORT: "abcd" };

  test("what was encrypted opens with the key and the context alone, and each time looks different", async () => {
    const input = { data: "ünïcode", key: "{{ secrets.KEY }}", context: "order 7" };
    const [one, two] = [
      await output("crypto.encrypt", input, { secrets }),
      await output("crypto.encrypt", input, { secrets }),
    ];
    expect(one.sealed).not.toBe(two.sealed);
    const open = { sealed: one.sealed ?? "", key: "{{ secrets.KEY }}" };
    expect(await output("crypto.decrypt", { ...open, context: "order 7" }, { secrets })).toEqual({ data: "ünïcode" });
    expect((await failure("crypto.decrypt", { ...open, context: "order 8" }, { secrets })).error.code).toBe(
      "VALIDATION",
    );
    const changed = Buffer.from(String(one.sealed), "base64url");
    changed[20] = (changed[20] ?? 0) ^ 1;
    const sealed = changed.toString("base64url");
    expect((await failure("crypto.decrypt", { ...open, sealed, context: "order 7" }, { secrets })).error.code).toBe(
      "VALIDATION",
    );
    expect((await failure("crypto.encrypt", { data: "x", key: "{{ secrets.SHORT }}" }, { secrets })).error.code).toBe(
      "VALIDATION",
    );
  });

  test("the key stands in nothing that comes back, not even in a refusal", async () => {
    const raw = "not base64 at all: ***secret***";
    const result = await failure("crypto.encrypt", { data: raw, key: "{{ secrets.RAW }}" }, { secrets: { RAW: raw } });
    expect(JSON.stringify(result)).not.toContain("at all");
    const { sealed = "" } = await output("crypto.encrypt", { data: key, key: "{{ secrets.KEY }}" }, { secrets });
    expect(await output("crypto.decrypt", { sealed, key: "{{ secrets.KEY }}" }, { secrets })).toEqual({ data: "***" });
    const echoed = await output(
      "crypto.jwt_sign",
      { claims: { note: jwtKey }, key: "{{ secrets.JWT }}", algorithm: "HS256" },
      { secrets },
    );
    expect(JSON.stringify(echoed)).not.toContain(jwtKey);
  });

  test("tokens of every kind of key verify, and no other algorithm than the one named", async () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const pem = rsa.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const open = rsa.publicKey.export({ type: "spki", format: "pem" }).toString();
    const own = { secrets: { PEM: pem, PUBLIC: open, JWT: jwtKey } };
    const claims = { iss: "shop", aud: "bank" };
    const { token } = await output(
      "crypto.jwt_sign",
      { claims, key: "{{ secrets.PEM }}", algorithm: "RS256", key_id: "k1" },
      own,
    );
    const check = (more: JsonObject) =>
      output(
        "crypto.jwt_verify",
        { token: token ?? "", key: "{{ secrets.PUBLIC }}", algorithm: "RS256", ...more },
        own,
      );
    expect(await check({ issuer: "shop", audience: "bank" })).toMatchObject({
      valid: true,
      claims,
      header: { alg: "RS256", kid: "k1" },
    });
    expect(await check({ audience: "other" })).toMatchObject({ valid: false });
    // The classic: a token signed with the public key as a common secret.
    const forged = await new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(open));
    expect(await check({ token: forged })).toMatchObject({ valid: false });
    // The right key under another algorithm is not what was asked for either.
    const other = await new SignJWT(claims).setProtectedHeader({ alg: "HS512" }).sign(new TextEncoder().encode(jwtKey));
    const named = { token: other, key: "{{ secrets.JWT }}" };
    expect(await output("crypto.jwt_verify", { ...named, algorithm: "HS512" }, own)).toMatchObject({ valid: true });
    expect(await output("crypto.jwt_verify", { ...named, algorithm: "HS256" }, own)).toMatchObject({ valid: false });
    const past = await new SignJWT({ exp: 1_000 })
      .setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode(jwtKey));
    const late = { token: past, key: "{{ secrets.JWT }}", algorithm: "HS256" };
    expect(await output("crypto.jwt_verify", late, own)).toMatchObject({
      valid: false,
      reason: expect.stringContaining("exp"),
    });
    expect(
      (await failure("crypto.jwt_sign", { claims, key: "{{ secrets.JWT }}", algorithm: "RS256" }, own)).error.code,
    ).toBe("VALIDATION");
  });

  test("a signature is node's own", async () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const { signature } = await output(
      "crypto.sign",
      { data: "text", private_key: "{{ secrets.PEM }}" },
      { secrets: { PEM: pem } },
    );
    expect(signature).toBe(signWith(null, Buffer.from("text"), privateKey).toString("base64"));
  });

  test("a wrong HMAC is not valid, an empty key refused", async () => {
    const input = { data: "x", key: "{{ secrets.KEY }}", signature: "00" };
    expect(await output("crypto.verify_hmac", input, { secrets })).toEqual({ valid: false });
    expect((await failure("crypto.hmac", { data: "x", key: "zz", key_encoding: "hex" })).error.code).toBe("VALIDATION");
  });
});
