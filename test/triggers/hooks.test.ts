import { createHmac } from "node:crypto";
import { Readable } from "node:stream";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../engine/json.ts";
import { eventually, TriggerPlatform } from "./trigger-platform.ts";

/* Incoming webhooks on a real platform: who may call, what is refused, and that each delivery starts one execution. */

const GITHUB_SECRET = "It's a Secret to Everybody";
const STANDARD_SECRET = `whsec_${Buffer.from("a key of twenty-four bytes").toString("base64")}`;

let platform: TriggerPlatform;
/** The segment of the tenant's live hooks. */
let base: string;

beforeAll(async () => {
  platform = await TriggerPlatform.start();
  base = `/hooks/${platform.tenant.tenantId}`;
  await platform.ok("PUT", "/secrets/GITHUB", { value: GITHUB_SECRET });
  await platform.ok("PUT", "/secrets/TOKEN", { value: "t0ken" });
  await platform.ok("PUT", "/secrets/STANDARD", { value: STANDARD_SECRET });
});

afterAll(() => platform?.close());

const sign = (secret: string, text: string): string => createHmac("sha256", secret).update(text).digest("hex");
const github = (body: string, more: Record<string, string> = {}) => ({
  "x-hub-signature-256": `sha256=${sign(GITHUB_SECRET, body)}`,
  ...more,
});
const seconds = (offset = 0): string => String(Math.floor(Date.now() / 1_000) + offset);

async function hook(name: string, trigger: JsonObject, more: JsonObject = {}): Promise<void> {
  const { status, body } = await platform.publishEcho(name, [{ type: "webhook", ...trigger }], more);
  if (status !== 201) throw new Error(JSON.stringify(body));
}

const GITHUB = { type: "hmac-sha256", secret_name: "GITHUB", header: "X-Hub-Signature-256" };

test("a signed call starts the workflow once, however often it is delivered", async () => {
  await hook("Pushed", { path: "/github/push", auth: GITHUB });
  const [{ url, id = "" } = {}] = await platform.triggersOf("pushed");
  expect(url).toBe(`${base}/github/push`);
  const body = JSON.stringify({ order: "A-17", amount: 3, zen: "Keep it logically awesome." });
  const headers = github(body, {
    "x-github-delivery": "72d3162e",
    "x-github-event": "push",
    cookie: "a=b",
    authorization: "x",
  });
  const first = await platform.call(`${base}/github/push?branch=main&tag=1&tag=2`, body, headers);
  expect(first).toMatchObject({ status: 202, body: { status: "accepted", delivery_id: "72d3162e", replayed: false } });
  const again = await platform.call(`${base}/github/push`, body, headers);
  expect(again).toMatchObject({ status: 202, body: { execution_id: first.body.execution_id, replayed: true } });
  const trigger = await platform.triggerIn(String(first.body.execution_id));
  expect(trigger).toMatchObject({
    type: "webhook",
    trigger_id: id,
    method: "POST",
    path: "github/push",
    query: { branch: "main", tag: ["1", "2"] },
    payload: { order: "A-17" },
    delivery_id: "72d3162e",
  });
  expect(Object.keys(trigger.headers ?? {})).toContain("x-github-event");
  for (const hidden of ["authorization", "cookie", "x-hub-signature-256"])
    expect(trigger.headers).not.toHaveProperty(hidden);
  expect((await platform.record(String(first.body.execution_id))).inputs).toEqual({ order: "A-17", amount: 3 });
  expect((await platform.trigger(id)).executions).toEqual([first.body.execution_id]);
});

test("a call that is not signed with the key is 401, whatever is wrong, and never tells whether there is a key", async () => {
  await hook("Keyless", { path: "keyless", auth: { ...GITHUB, secret_name: "NO_SUCH_SECRET" } });
  const body = "{}";
  const answers = await Promise.all([
    platform.call(`${base}/github/push`, body),
    platform.call(`${base}/github/push`, body, { "x-hub-signature-256": `sha256=${sign("other", body)}` }),
    platform.call(`${base}/github/push`, '{"a":1}', github(body)),
    platform.call(`${base}/github/push`, body, { "x-hub-signature-256": "sha256=" }),
    platform.call(`${base}/keyless`, body, github(body)),
    platform.call(`${base}/keyless`, body, { "x-hub-signature-256": `sha256=${sign("", body)}` }),
  ]);
  for (const { status, body: answer } of answers) {
    expect(status).toBe(401);
    expect({ ...answer, request_id: "" }).toEqual({ ...answers[0]?.body, request_id: "" });
  }
  expect(JSON.stringify(answers)).not.toContain("SECRET");
});

test("an address of nobody is 404, and always the same one", async () => {
  const stranger = await platform.platform.newTenant("stranger");
  const paths = [
    `${base}/nothing`,
    `${base}-test/github/push`,
    `${base}/`,
    `/hooks/${stranger.tenantId}/github/push`,
    "/hooks/ten_00000000000000000000000000/github/push",
    "/hooks/nonsense/github/push",
    "/hooks/",
  ];
  const answers = await Promise.all(paths.map((path) => platform.call(path, "{}", github("{}"))));
  for (const { status, body } of answers) {
    expect(status).toBe(404);
    expect({ ...body, request_id: "" }).toEqual({ ...answers[0]?.body, request_id: "" });
  }
});

test("a method that is not its own is 405, a body beyond its size 413 before anything is hashed", async () => {
  await hook("Bounded", { path: "bounded", auth: GITHUB, method: ["POST", "PUT"], security: { maxPayloadSize: 100 } });
  const get = await platform.call(`${base}/bounded`, "", {}, "GET");
  expect(get).toMatchObject({ status: 405, body: { code: "VALIDATION" } });
  expect(get.headers.get("allow")).toBe("POST, PUT");
  const large = JSON.stringify({ text: "x".repeat(200) });
  expect(await platform.call(`${base}/bounded`, large, github(large))).toMatchObject({
    status: 413,
    body: { code: "PAYLOAD_TOO_LARGE", details: { max_bytes: 100 } },
  });
  // Without a length: it is counted while it comes.
  async function* parts() {
    for (let n = 0; n < 20; n++) {
      yield new TextEncoder().encode("x".repeat(64));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  const unannounced = {
    method: "POST",
    body: Readable.toWeb(Readable.from(parts())),
    duplex: "half",
  } as unknown as RequestInit;
  expect((await fetch(`${platform.url}${base}/bounded`, unannounced)).status).toBe(413);
  expect((await platform.call(`${base}/bounded`, "{}", github("{}"), "PUT")).status).toBe(202);
});

test("only addresses of the list may call, in either family", async () => {
  const ipAllowlist = ["203.0.113.0/24", "2001:db8:7::/48", "198.51.100.7"];
  await hook("Listed", { path: "listed", security: { ipAllowlist } });
  const from = async (address: string) =>
    (await platform.call(`${base}/listed`, "{}", { "cf-connecting-ip": address })).status;
  for (const address of ["203.0.113.9", "198.51.100.7", "2001:db8:7:1::5", "::ffff:203.0.113.10"])
    expect(await from(address), address).toBe(202);
  for (const address of ["203.0.114.9", "198.51.100.8", "2001:db8:8::1", "::ffff:9.9.9.9", "nonsense"])
    expect(await from(address), address).toBe(403);
  expect((await platform.call(`${base}/listed`, "{}")).status).toBe(403);
});

test("a bearer is the secret itself, in Authorization or in a header of its own", async () => {
  await hook("Bearer", { path: "bearer", auth: { type: "bearer", secret_name: "TOKEN" } });
  await hook("Own header", { path: "own-header", auth: { type: "bearer", secret_name: "TOKEN", header: "X-Token" } });
  const call = async (path: string, headers: Record<string, string>) =>
    (await platform.call(`${base}/${path}`, "{}", headers)).status;
  expect(await call("bearer", { authorization: "Bearer t0ken" })).toBe(202);
  expect(await call("bearer", { authorization: "bearer t0ken" })).toBe(202);
  expect(await call("own-header", { "x-token": "t0ken" })).toBe(202);
  for (const authorization of ["Bearer t0ken2", "Bearer t0ke", "Bearer", "t0ken", "Basic t0ken", ""])
    expect(await call("bearer", { authorization }), authorization).toBe(401);
  expect(await call("own-header", { authorization: "Bearer t0ken" })).toBe(401);
});

test("a call outside of the window is refused; one that is sent again within it starts nothing", async () => {
  const security = { replayWindow: "2m", timestampHeader: "X-Sent-At" };
  await hook("Windowed", { path: "windowed", auth: GITHUB, security });
  const body = JSON.stringify({ order: "once" });
  const call = (offset: number, more = {}) =>
    platform.call(`${base}/windowed`, body, github(body, { "x-sent-at": seconds(offset), ...more }));
  // The header says whole seconds: what is 121 ahead may be 120 by the time the call has come.
  for (const offset of [-121, 180, -86_400]) expect((await call(offset)).status, String(offset)).toBe(401);
  expect((await platform.call(`${base}/windowed`, body, github(body))).status).toBe(401);
  const first = await call(0, { "x-github-delivery": "one" });
  // Captured and sent again with a new time and under a new name: the signature is the same.
  const replayed = await call(60, { "x-github-delivery": "two" });
  expect(replayed).toMatchObject({ status: 202, body: { execution_id: first.body.execution_id, replayed: true } });
});

test("what Standard Webhooks signs is taken, and refused when it is too old, in the future or changed", async () => {
  await hook("Standard", {
    path: "standard",
    auth: { type: "hmac-sha256", secret_name: "STANDARD", style: "standard-webhooks" },
  });
  const body = JSON.stringify({ order: "std" });
  const call = (id: string, at: Date, text = body) =>
    platform.call(`${base}/standard`, text, {
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
      "webhook-signature": new Webhook(STANDARD_SECRET).sign(id, at, body),
    });
  const now = Date.now();
  const first = await call("msg_1", new Date(now));
  expect(first).toMatchObject({ status: 202, body: { delivery_id: "msg_1" } });
  expect((await call("msg_1", new Date(now))).body.execution_id).toBe(first.body.execution_id);
  expect((await call("msg_2", new Date(now - 301_000))).status).toBe(401);
  expect((await call("msg_3", new Date(now + 330_000))).status).toBe(401);
  expect((await call("msg_4", new Date(now), JSON.stringify({ order: "stb" }))).status).toBe(401);
  // The same content in another encoding is another body.
  expect((await call("msg_5", new Date(now), ` ${body}`)).status).toBe(401);
});

test("Slack's challenge is answered, once it is signed", async () => {
  const auth = { type: "hmac-sha256", secret_name: "TOKEN", header: "X-Slack-Signature" };
  await hook("Slack", { path: "slack", auth });
  const body = JSON.stringify({ type: "url_verification", challenge: "3eZbrw1a" });
  const at = seconds();
  const headers = { "x-slack-request-timestamp": at, "x-slack-signature": `v0=${sign("t0ken", `v0:${at}:${body}`)}` };
  expect(await platform.call(`${base}/slack`, body, headers)).toMatchObject({
    status: 200,
    body: { challenge: "3eZbrw1a" },
  });
  expect((await platform.call(`${base}/slack`, body)).status).toBe(401);
});

test("more calls than the limit are 429 with a time to come again", async () => {
  await hook("Limited", { path: "limited", security: { rateLimit: { rpm: 1, burst: 3 } } });
  const answers = [];
  for (let n = 0; n < 5; n++) answers.push(await platform.call(`${base}/limited`, "{}"));
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 429, 429]);
  expect(Number(answers[3]?.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
});

test("a synchronous webhook answers with the outputs, or what went wrong", async () => {
  const steps = [{ id: "nap", type: "wait", duration: "100ms" }];
  const outputs = { said: "{{ inputs.order | upper }}" };
  await hook("Sync", { path: "sync", respond: { mode: "sync", timeout: "60s" } }, { steps, outputs });
  expect(await platform.call(`${base}/sync`, '{"order":"yes"}', { "idempotency-key": "k" })).toMatchObject({
    status: 200,
    body: { status: "completed", outputs: { said: "YES" } },
  });
  const again = await platform.call(`${base}/sync`, '{"order":"other"}', { "idempotency-key": "k" });
  expect(again.body).toMatchObject({ outputs: { said: "YES" } });
  const failing = [{ id: "wrong", type: "output", value: "{{ 1 / (inputs.amount) }}" }];
  await hook("Sync fails", { path: "sync-fails", respond: { mode: "sync" } }, { steps: failing, outputs: {} });
  expect(await platform.call(`${base}/sync-fails`, '{"amount":0}')).toMatchObject({
    status: 400,
    body: { code: "VALIDATION", details: { execution_id: expect.stringMatching(/^exec_/) } },
  });
  const slow = [{ id: "nap", type: "wait", duration: "20s" }];
  await hook(
    "Sync slow",
    { path: "sync-slow", respond: { mode: "sync", timeout: "300ms" } },
    { steps: slow, outputs: {} },
  );
  expect((await platform.call(`${base}/sync-slow`, "{}")).status).toBe(202);
});

test("bodies are JSON, forms or text; what is none of these is refused", async () => {
  await hook("Bodies", { path: "bodies" });
  const payload = async (body: string, type: string) => {
    const answer = await platform.call(`${base}/bodies`, body, { "content-type": type });
    return answer.status === 202 ? (await platform.triggerIn(String(answer.body.execution_id))).payload : answer.status;
  };
  expect(await payload('{"a":[1]}', "application/json; charset=utf-8")).toEqual({ a: [1] });
  expect(await payload('{"a":1}', "application/vnd.x+json")).toEqual({ a: 1 });
  expect(await payload("a=1&b=2&b=3", "application/x-www-form-urlencoded")).toEqual({ a: "1", b: ["2", "3"] });
  expect(await payload("<a/>", "text/xml")).toBe("<a/>");
  expect(await payload("", "application/json")).toBeNull();
  expect(await payload("{", "application/json")).toBe(400);
  expect(await payload('{"__proto__":1}', "application/json")).toBe(400);
  expect(await payload('{"a":{"$secret":{"name":"TOKEN"}}}', "application/json")).toBe(400);
});

test("a call that the workflow does not accept is refused, says nothing of it, and may come again", async () => {
  await hook("Strict", { path: "strict" });
  const { status, body } = await platform.call(`${base}/strict`, '{"amount":"many"}', { "idempotency-key": "s" });
  expect([status, body.code]).toEqual([400, "VALIDATION"]);
  expect(JSON.stringify(body)).not.toContain("amount");
  const [{ id = "" } = {}] = await platform.triggersOf("strict");
  expect((await platform.trigger(id)).last_run).toMatchObject({ status: "refused", error: { code: "VALIDATION" } });
  expect((await platform.call(`${base}/strict`, '{"amount":1}', { "idempotency-key": "s" })).status).toBe(202);
});

test("a paused webhook says when to come again, a path belongs to one trigger", async () => {
  const [{ id = "" } = {}] = await platform.triggersOf("strict");
  await platform.ok("POST", `/triggers/${id}/pause`);
  const paused = await platform.call(`${base}/strict`, "{}");
  expect([paused.status, paused.headers.get("retry-after")]).toEqual([503, "60"]);
  await platform.ok("POST", `/triggers/${id}/resume`);
  await eventually(async () => ((await platform.call(`${base}/strict`, "{}")).status === 202 ? true : undefined));
  const taken = await platform.publishEcho("Thief", [{ type: "webhook", path: "/strict/" }]);
  expect(taken).toMatchObject({
    status: 400,
    body: { details: { problems: [expect.objectContaining({ path: "/triggers/0/path" })] } },
  });
  const made = await platform.request("POST", "/triggers", { workflow: "bodies", type: "webhook", path: "strict" });
  expect(made).toMatchObject({
    status: 400,
    body: { details: { problems: [expect.objectContaining({ path: "/path" })] } },
  });
});

test("deliveries that race each other start one execution, and a kill of the platform forgets none", async () => {
  await hook("Racing", { path: "racing", auth: GITHUB });
  const body = JSON.stringify({ order: "race" });
  const deliver = (delivery: string) =>
    platform.call(`${base}/racing`, body, github(body, { "x-github-delivery": delivery }));
  const answers = await Promise.all(Array.from({ length: 24 }, () => deliver("same")));
  expect(new Set(answers.map((it) => `${it.status} ${it.body.execution_id}`)).size).toBe(1);
  const before = await deliver("before the kill");
  await platform.platform.restart();
  expect((await deliver("before the kill")).body).toMatchObject({
    execution_id: before.body.execution_id,
    replayed: true,
  });
  expect((await deliver("same")).body.execution_id).toBe(answers[0]?.body.execution_id);
  const [{ id = "" } = {}] = await platform.triggersOf("racing");
  expect((await platform.trigger(id)).executions).toHaveLength(2);
});

const replays: [name: string, auth: JsonObject, headers: (body: string) => Record<string, string>][] = [
  ["GitHub", GITHUB, (body) => github(body)],
  [
    "Stripe",
    { ...GITHUB, header: "Stripe-Signature" },
    (body) => {
      const at = seconds();
      return { "stripe-signature": `t=${at},v1=${sign(GITHUB_SECRET, `${at}.${body}`)}` };
    },
  ],
  [
    "Slack",
    { ...GITHUB, header: "X-Slack-Signature" },
    (body) => {
      const at = seconds();
      const signature = `v0=${sign(GITHUB_SECRET, `v0:${at}:${body}`)}`;
      return { "x-slack-request-timestamp": at, "x-slack-signature": signature };
    },
  ],
  ["plain", { ...GITHUB, header: "X-Acme" }, (body) => ({ "x-acme": sign(GITHUB_SECRET, body) })],
  [
    "plain with a time",
    { ...GITHUB, header: "X-Acme", signs: "timestamp.body" },
    (body) => {
      const at = seconds();
      return { "x-timestamp": at, "x-acme": sign(GITHUB_SECRET, `${at}.${body}`) };
    },
  ],
];

test.each(replays)(
  "the very same signed call of %s starts one execution, without any name or window",
  async (...it) => {
    const [name, auth, headers] = it;
    const path = `replayed/${name.replaceAll(" ", "-")}`;
    await hook(`Replayed ${name}`, { path, auth });
    const body = JSON.stringify({ order: name });
    const sent = headers(body);
    const answers = await Promise.all(Array.from({ length: 6 }, () => platform.call(`${base}/${path}`, body, sent)));
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(202));
    expect(new Set(answers.map((answer) => answer.body.execution_id)).size).toBe(1);
    expect(answers.filter((answer) => answer.body.replayed === false)).toHaveLength(1);
    const other = JSON.stringify({ order: "other" });
    expect((await platform.call(`${base}/${path}`, other, headers(other))).body).toMatchObject({ replayed: false });
  },
);

test("a signature with a time in it is known again under another name; one without is told apart by its names", async () => {
  const body = JSON.stringify({ order: "captured" });
  const at = seconds();
  const stripe = { "stripe-signature": `t=${at},v1=${sign(GITHUB_SECRET, `${at}.${body}`)}` };
  await hook("Captured", { path: "captured", auth: { ...GITHUB, header: "Stripe-Signature" } });
  const first = await platform.call(`${base}/captured`, body, { ...stripe, "idempotency-key": "one" });
  const second = await platform.call(`${base}/captured`, body, { ...stripe, "idempotency-key": "two" });
  expect(second.body).toMatchObject({ execution_id: first.body.execution_id, replayed: true });
  await hook("Named", { path: "named", auth: GITHUB });
  const named = (id: string) => platform.call(`${base}/named`, body, github(body, { "x-github-delivery": id }));
  expect([(await named("1")).body.replayed, (await named("2")).body.replayed]).toEqual([false, false]);
  expect((await named("1")).body.replayed).toBe(true);
});
