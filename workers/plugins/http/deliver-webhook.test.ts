import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { deploymentPolicy } from "../../../connectors/egress/deployment-policy.ts";
import type { WebhookRequest } from "../../../contracts/webhook-delivery.ts";
import { seal } from "../../../vault/vault.ts";
import { deliverWebhook, type WebhookDeps } from "./deliver-webhook.ts";

const MASTER_KEY = btoa("m".repeat(32));
const SECRETS = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw1c7mRzYt9Bk=", `whsec_${btoa("o".repeat(32))}`];
const PRODUCTION = deploymentPolicy({ ENVIRONMENT_NAME: "production", PUBLIC_URL: "https://api.smartify.dev" });
const DEVELOPMENT = deploymentPolicy({
  ENVIRONMENT_NAME: "development",
  DEVELOPMENT_HOSTS: '{"hooks.test":"127.0.0.1:4000"}',
});

async function requestTo(url: string, more: Partial<WebhookRequest> = {}): Promise<WebhookRequest> {
  const secrets = SECRETS.map(async (secret) => {
    const place = { tenantId: "ten_a", purpose: "webhook", id: "whe_1" };
    return { place: place.id, sealed: await seal(MASTER_KEY, place, secret) };
  });
  const body = '{"type":"workflow.completed"}';
  const owner = { tenantId: "ten_a", environment: "test" } as const;
  return { ...owner, url, id: "exec_1:1:workflow.completed", body, secrets: await Promise.all(secrets), ...more };
}

/** Delivers through `receive`, and tells what it was called with. */
async function deliver(
  request: WebhookRequest,
  receive: (url: string, init: RequestInit) => Promise<Response> | Response,
  more: Partial<WebhookDeps> = {},
) {
  const sent: { url: string; init: RequestInit }[] = [];
  const send = async (target: unknown, init: RequestInit = {}) => {
    sent.push({ url: String(target), init });
    return receive(String(target), init);
  };
  const deps = { masterKey: MASTER_KEY, policy: PRODUCTION, fetch: send as typeof fetch, now: Date.now, ...more };
  return { answer: await deliverWebhook(request, deps), sent };
}

test("both secrets verify what is sent, and the answer is kept", async () => {
  const request = await requestTo("https://hooks.example.org/in?token=1");
  const { answer, sent } = await deliver(request, () => new Response("thanks", { headers: { "x-other": "1" } }));
  expect(answer).toMatchObject({ status: 200, body: "thanks", truncated: false });
  expect(Object.keys(answer.headers)).toEqual(["content-type"]);
  const [{ url, init } = { url: "", init: {} }] = sent;
  expect(url).toBe("https://hooks.example.org/in?token=1");
  expect(init).toMatchObject({ method: "POST", redirect: "manual", body: request.body });
  for (const secret of SECRETS)
    expect(new Webhook(secret).verify(request.body, init.headers as Record<string, string>)).toEqual({
      type: "workflow.completed",
    });
});

test("where a long answer is cut, no part of the secret is left at its end, nor in a long header", async () => {
  const secret = SECRETS[0]?.slice("whsec_".length) ?? "";
  const { answer } = await deliver(await requestTo("https://hooks.example.org/"), () => {
    const location = `https://x.example.org/${"p".repeat(500 - 22 - 20)}${secret}`;
    return new Response("p".repeat(16_384 - 20) + secret, { status: 500, headers: { location } });
  });
  expect(answer).toMatchObject({ truncated: true, headers: { location: expect.stringMatching(/p\*\*\*$/) } });
  expect(answer.body).toMatch(/^p+$/);
  expect(JSON.stringify(answer)).not.toContain(secret.slice(0, 8));
});

test("a receiver that echoes what it got, in whatever form, puts neither secret nor signature into the log", async () => {
  const { answer, sent } = await deliver(await requestTo("https://hooks.example.org/"), (_url, { headers }) => {
    const { "webhook-signature": signature = "" } = headers as Record<string, string>;
    return new Response(JSON.stringify({ signature, secrets: SECRETS, encoded: encodeURIComponent(signature) }), {
      status: 500,
      headers: { location: `https://x.example.org/?${signature}` },
    });
  });
  const shown = JSON.stringify(answer);
  for (const secret of SECRETS) expect(shown).not.toContain(secret.slice("whsec_".length));
  expect(sent).toHaveLength(1);
  const [{ init } = { init: {} as RequestInit }] = sent;
  const { "webhook-signature": signatures = "" } = init.headers as Record<string, string>;
  for (const signature of signatures.split(" ")) expect(shown).not.toContain(signature.slice("v1,".length));
});

test("an answer is read to 16 KiB and no further; a redirect is an answer", async () => {
  let pulled = 0;
  const endless = new ReadableStream({
    pull(controller) {
      pulled += 1;
      controller.enqueue(new Uint8Array(4_096).fill(97));
    },
  });
  const { answer } = await deliver(await requestTo("https://hooks.example.org/"), () => new Response(endless));
  expect(answer.body).toBe("a".repeat(16_384));
  expect(answer.truncated).toBe(true);
  expect(pulled).toBeLessThan(10);
  const moved = await deliver(await requestTo("https://hooks.example.org/"), () => {
    return new Response(null, { status: 307, headers: { location: "https://10.0.0.1/" } });
  });
  expect(moved.answer.status).toBe(307);
  expect(moved.sent).toHaveLength(1);
});

test("who does not answer in time, and who cannot be reached, have no status", async () => {
  const silent = (_url: string, { signal }: RequestInit) =>
    new Promise<Response>((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  const request = await requestTo("https://hooks.example.org/");
  expect((await deliver(request, silent, { timeoutMs: 20 })).answer).toMatchObject({ status: null, fault: "timeout" });
  const broken = () => Promise.reject(new TypeError("connect ECONNREFUSED 10.1.2.3:443"));
  const { answer } = await deliver(request, broken);
  expect(answer).toMatchObject({ status: null, fault: "connection" });
  expect(JSON.stringify(answer)).not.toContain("10.1.2.3");
});

test("a sealed secret of another tenant or place signs nothing, and nothing is sent", async () => {
  const request = await requestTo("https://hooks.example.org/", { tenantId: "ten_b" });
  const { answer, sent } = await deliver(request, () => new Response());
  expect(answer).toMatchObject({ status: null, fault: "secret" });
  expect(sent).toEqual([]);
  const unsigned = await deliver(await requestTo("https://hooks.example.org/", { secrets: [] }), () => new Response());
  expect(unsigned.answer.fault).toBe("secret");
});

test.each([
  ["http://hooks.example.org/", "production", false],
  ["http://127.0.0.1:4000/", "production", false],
  ["https://127.0.0.1/", "production", false],
  ["https://10.0.0.1/", "production", false],
  ["https://[fd00::1]/", "production", false],
  ["https://api.smartify.dev/hooks", "production", false],
  ["https://hooks.test/", "production", false],
  ["https://hooks.example.org/", "production", true],
  ["http://hooks.example.org/", "development", false],
  ["http://10.0.0.1/", "development", false],
  ["https://10.0.0.1/", "development", false],
  ["http://user@localhost:4000/", "development", false],
  ["http://127.0.0.1.example.org/", "development", false],
  ["http://127.0.0.1:4000/", "development", true],
  ["http://localhost:4000/", "development", true],
  ["http://hooks.test/", "development", true],
  ["https://hooks.test/", "development", true],
])("%s in %s: %s", async (url, deployment, allowed) => {
  const policy = deployment === "production" ? PRODUCTION : DEVELOPMENT;
  const { answer, sent } = await deliver(await requestTo(url), () => new Response(), { policy });
  expect(sent).toHaveLength(allowed ? 1 : 0);
  expect(answer.fault).toBe(allowed ? undefined : "egress");
});
