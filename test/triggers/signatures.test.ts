import { createHmac } from "node:crypto";
import Stripe from "stripe";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { describe, expect, test } from "vitest";
import { type HookAuth, triggerSpec } from "../../engine/triggers/trigger-spec.ts";
import type { JsonObject } from "../../engine/json.ts";
import { verifySignature } from "../../workers/services/hooks/verify-signature.ts";

/* Signatures of others, as their documents print them or their own libraries make them. */

type Hmac = Extract<HookAuth, { type: "hmac-sha256" }>;
type Headers = Record<string, string>;

function authOf(auth: JsonObject): Hmac {
  const spec = triggerSpec({ type: "webhook", path: "x", auth: { type: "hmac-sha256", secret_name: "K", ...auth } });
  if (spec.type !== "webhook" || spec.auth?.type !== "hmac-sha256") throw new Error("not an hmac");
  return spec.auth;
}

function verify(auth: JsonObject, secret: string | null, body: string, headers: Headers, timestampHeader?: string) {
  const known = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const call = { header: (name: string) => known.get(name) ?? null, body: new TextEncoder().encode(body) };
  return verifySignature(authOf(auth), secret, call, timestampHeader);
}

const hexOf = (secret: string, signed: string): string => createHmac("sha256", secret).update(signed).digest("hex");

describe("the examples that are printed in documents", () => {
  test("GitHub's: validating webhook deliveries", () => {
    const headers = {
      "X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    };
    const secret = "It's a Secret to Everybody";
    expect(verify({}, secret, "Hello, World!", headers)).toEqual({ digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(verify({ header: "X-Hub-Signature-256" }, secret, "Hello, World!", headers)).not.toBeNull();
    expect(verify({}, secret, "Hello, World?", headers)).toBeNull();
    expect(verify({}, `${secret}!`, "Hello, World!", headers)).toBeNull();
  });

  test("Slack's: verifying requests from Slack", () => {
    const body =
      "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const headers = {
      "X-Slack-Request-Timestamp": "1531420618",
      "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    };
    const auth = { header: "X-Slack-Signature" };
    const secret = "8f742231b10e8888abcd99yyyzzz85a5";
    expect(verify(auth, secret, body, headers)).toEqual({ digest: expect.any(String), signedAt: 1_531_420_618_000 });
    expect(verify(auth, secret, body, { ...headers, "X-Slack-Request-Timestamp": "1531420619" })).toBeNull();
    expect(verify(auth, secret, `${body}&x`, headers)).toBeNull();
  });

  test("Standard Webhooks': the specification's own", () => {
    const headers = {
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    };
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const auth = { style: "standard-webhooks" };
    expect(verify(auth, secret, '{"test": 2432232314}', headers)).toMatchObject({ signedAt: 1_614_265_330_000 });
    expect(verify(auth, secret, '{"test": 2432232315}', headers)).toBeNull();
    expect(verify(auth, secret, '{"test": 2432232314}', { ...headers, "webhook-id": "msg_other" })).toBeNull();
  });
});

describe("the libraries of others", () => {
  const secret = `whsec_${Buffer.from("a key of twenty-four bytes!!").toString("base64")}`;
  const body = JSON.stringify({ type: "invoice.paid", data: { id: 7, name: "Zoë" } });
  const at = new Date(1_700_000_000_000);

  test("standardwebhooks signs what we verify", () => {
    const signature = new StandardWebhook(secret).sign("msg_1", at, body);
    const headers = { "webhook-id": "msg_1", "webhook-timestamp": "1700000000", "webhook-signature": signature };
    const auth = { header: "webhook-signature" };
    expect(verify(auth, secret, body, headers)).toMatchObject({ signedAt: at.getTime() });
    const rotated = { ...headers, "webhook-signature": `v1,${Buffer.alloc(32).toString("base64")} ${signature}` };
    expect(verify(auth, secret, body, rotated)).not.toBeNull();
    expect(verify(auth, secret, body, { ...headers, "webhook-signature": signature.replace("v1", "v2") })).toBeNull();
  });

  test("svix signs what we verify, also under its own names of headers", () => {
    const signature = new SvixWebhook(secret).sign("msg_2", at, body);
    const headers = { "svix-id": "msg_2", "svix-timestamp": "1700000000", "svix-signature": signature };
    expect(verify({ style: "standard-webhooks", header: "svix-signature" }, secret, body, headers)).not.toBeNull();
  });

  test("Stripe's own library signs what we verify", () => {
    const payload = JSON.stringify({ id: "evt_1", type: "invoice.paid" }, null, 2);
    const header = Stripe.webhooks.generateTestHeaderString({
      payload,
      secret: "whsec_stripe",
      timestamp: 1_700_000_000,
    });
    const check = (signed: string, text = payload) =>
      verify({ header: "Stripe-Signature" }, "whsec_stripe", text, { "Stripe-Signature": signed });
    expect(check(header)).toMatchObject({ signedAt: at.getTime() });
    expect(check(header, `${payload} `)).toBeNull();
    expect(check(header.replace("t=1700000000", "t=1700000001"))).toBeNull();
  });

  test("Stripe's scheme: t and any v1, v0 does not count", () => {
    const auth = { header: "Stripe-Signature" };
    const good = hexOf("whsec_stripe", `1700000000.${body}`);
    const bad = "0".repeat(64);
    const check = (value: string) => verify(auth, "whsec_stripe", body, { "Stripe-Signature": value });
    expect(check(`t=1700000000,v1=${good},v0=${bad}`)).toMatchObject({ signedAt: at.getTime() });
    expect(check(`t=1700000000,v1=${bad},v1=${good}`)).not.toBeNull();
    expect(check(`t=1700000000,v0=${good}`)).toBeNull();
    expect(check(`t=1700000001,v1=${good}`)).toBeNull();
    expect(check(`v1=${good}`)).toBeNull();
    expect(check("")).toBeNull();
  });
});

describe("plain signatures", () => {
  const auth = { header: "X-Parcel-Signature" };
  const hex = hexOf("key", "body");

  test("are hex or base64, with or without a prefix", () => {
    const texts = [
      hex,
      hex.toUpperCase(),
      `sha256=${hex}`,
      Buffer.from(hex, "hex").toString("base64"),
      Buffer.from(hex, "hex").toString("base64url"),
    ];
    for (const text of texts) expect(verify(auth, "key", "body", { "X-Parcel-Signature": text }), text).not.toBeNull();
    for (const text of ["", "sha256=", hex.slice(1), `${hex}0`, "sha1=abc", hex.replace(/^./, "x")])
      expect(verify(auth, "key", "body", { "X-Parcel-Signature": text }), text).toBeNull();
    expect(verify(auth, "key", "body", {})).toBeNull();
  });

  test("cover the time where the trigger says so", () => {
    const stamped = { ...auth, signs: "timestamp.body" };
    const headers = { "X-Parcel-Time": "1700000000", "X-Parcel-Signature": hexOf("key", "1700000000.body") };
    expect(verify(stamped, "key", "body", headers, "x-parcel-time")).toMatchObject({ signedAt: 1_700_000_000_000 });
    const restamped = { ...headers, "X-Parcel-Time": "1700000100" };
    expect(verify(stamped, "key", "body", restamped, "x-parcel-time")).toBeNull();
    expect(verify(stamped, "key", "body", { "X-Parcel-Signature": hex }, "x-parcel-time")).toBeNull();
  });

  test("a secret that is missing or empty verifies nothing, not even what is signed with an empty key", () => {
    for (const secret of [null, ""])
      expect(verify(auth, secret, "body", { "X-Parcel-Signature": hexOf("", "body") })).toBeNull();
  });

  test("the digest is the same for the same signature however it is written, and another for another body", () => {
    const digestOf = (body: string, text: string) => verify(auth, "key", body, { "X-Parcel-Signature": text })?.digest;
    expect(digestOf("body", hex)).toBe(digestOf("body", Buffer.from(hex, "hex").toString("base64")));
    expect(digestOf("other", hexOf("key", "other"))).not.toBe(digestOf("body", hex));
  });
});
