import { createHmac, randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Answer } from "./client.ts";
import { SENDERS } from "./hook-signatures.ts";
import { type JsonMap, read, readText } from "./json.ts";
import { call, given, type Hook, hook, NAME, SECRET, setSecret, settled, stamp } from "./make-hook.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
setSecret();

describe.concurrent("a webhook trigger", () => {
  const open = (security: JsonMap, more: JsonMap = {}): Promise<Hook> =>
    hook({ auth: { type: "bearer", secret_name: NAME }, security, ...more });
  const bearer = { authorization: `Bearer ${SECRET}` };

  test("by bearer: the secret as token, and nothing else, is let in", async () => {
    const one = await open({});
    expect(await given(await call(one, '{"a":1}', bearer))).toEqual({ a: 1 });
    for (const authorization of [
      "",
      "Bearer",
      "Bearer x",
      SECRET,
      `Bearer ${SECRET}x`,
      `Basic ${btoa(`a:${SECRET}`)}`,
      `Bearer ${outside.api.key}`,
    ]) {
      expect(await call(one, "{}", { authorization })).toMatchObject({
        status: 401,
        body: { code: "UNAUTHENTICATED" },
      });
    }
    expect(await call(one, "{}")).toMatchObject({ status: 401 });
    expect(await settled(one)).toBe(1);
  });

  test("by a plain signature over timestamp and body, in headers of one's own", async () => {
    const one = await hook({
      auth: {
        type: "hmac-sha256",
        secret_name: NAME,
        header: "X-Acme-Signature",
        style: "plain",
        signs: "timestamp.body",
      },
      security: { timestampHeader: "X-Acme-Timestamp", replayWindow: "60s" },
    });
    const signed = (at: number, body: string): Record<string, string> => ({
      "X-Acme-Timestamp": String(at),
      "X-Acme-Signature": createHmac("sha256", SECRET).update(`${at}.${body}`).digest("hex"),
    });
    const now = Math.floor(Date.now() / 1000);
    expect(await given(await call(one, '{"a":1}', signed(now, '{"a":1}')))).toEqual({ a: 1 });
    expect(await call(one, "{}", signed(now - 70, "{}"))).toMatchObject({ status: 401 });
    const moved = { ...signed(now - 70, "{}"), "X-Acme-Timestamp": String(now) };
    expect(await call(one, "{}", moved)).toMatchObject({ status: 401 });
    const { "X-Acme-Timestamp": _none, ...untimed } = signed(now, "{}");
    expect(await call(one, "{}", untimed)).toMatchObject({ status: 401 });
  });

  test("takes its methods only: 405 with Allow; another path is 404, and so is another tenant's", async () => {
    const one = await open({});
    for (const method of ["GET", "PUT", "DELETE"]) {
      const answer = await outside.api.request(method, one.url, { key: null, headers: bearer });
      expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
    }
    const tenant = one.url.split("/")[2] ?? "";
    for (const url of [
      `${one.url}x`,
      `/hooks/${tenant}/nothing`,
      one.url.replace(tenant, `${tenant.slice(0, -3)}zzz`),
      `/hooks/x/${one.slug}`,
    ]) {
      expect(await call({ ...one, url }, "{}", bearer)).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
    }
    const put = await open({}, { method: ["PUT", "POST"] });
    expect((await outside.api.request("PUT", put.url, { key: null, headers: bearer, json: {} })).status).toBe(202);
  });

  test("refuses a payload over its limit with 413, and starts nothing", async () => {
    const one = await open({ maxPayloadSize: 1000 });
    expect((await call(one, JSON.stringify("x".repeat(900)), bearer)).status).toBe(202);
    expect(await call(one, JSON.stringify("x".repeat(1000)), bearer)).toMatchObject({
      status: 413,
      body: { code: "PAYLOAD_TOO_LARGE" },
    });
    const standard = await open({});
    expect(await call(standard, JSON.stringify("x".repeat(1_200_000)), bearer)).toMatchObject({ status: 413 });
    expect(await settled(one)).toBe(1);
  });

  test("over its rate is 429 with Retry-After, and starts nothing more", async () => {
    const one = await open({ rateLimit: { rpm: 6, burst: 3 } });
    const answers: Answer[] = [];
    for (let at = 0; at < 8; at++) answers.push(await call(one, `{"n":${at}}`, bearer));
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.slice(0, 3).map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(refused.length).toBeGreaterThanOrEqual(4);
    for (const answer of refused) {
      expect(read(answer.body, "code")).toBe("RATE_LIMITED");
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    }
    expect(await settled(one)).toBe(8 - refused.length);
  });

  test("from an address that is not on its list is 403, whatever the caller says of himself", async () => {
    const one = await open({ ipAllowlist: ["203.0.113.0/24", "2001:db8::/32"] });
    const claims: Record<string, string>[] = [
      {},
      { "x-forwarded-for": "203.0.113.7" },
      { "x-real-ip": "203.0.113.7" },
      { forwarded: "for=203.0.113.7" },
      { "true-client-ip": "203.0.113.7" },
    ];
    for (const claim of claims) {
      expect(await call(one, "{}", { ...bearer, ...claim })).toMatchObject({
        status: 403,
        body: { code: "FORBIDDEN" },
      });
    }
    expect(await settled(one)).toBe(0);
    const own = await open({ ipAllowlist: ["127.0.0.0/8", "::1/128"] });
    expect((await call(own, "{}", bearer)).status).toBe(202);
  });

  test("starts one execution for a delivery that comes again", async () => {
    const one = await open({}, { idempotency: { header: "X-Delivery" } });
    const id = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => call(one, `{"n":${n % 2}}`, { ...bearer, "X-Delivery": id })),
    );
    expect(answers.filter(({ status }) => ![200, 202].includes(status))).toEqual([]);
    expect(new Set(answers.map((answer) => readText(answer.body, "execution_id"))).size).toBe(1);
    expect((await call(one, "{}", { ...bearer, "X-Delivery": randomUUID() })).status).toBe(202);
    expect(await settled(one)).toBe(2);
  });

  test("for GitHub knows its deliveries by X-GitHub-Delivery without being told", async () => {
    const one = await hook({ auth: { ...SENDERS.github?.auth, secret_name: NAME } });
    const body = '{"action":"opened"}';
    const headers = { ...SENDERS.github?.sign(SECRET, body, new Date()), "X-GitHub-Delivery": randomUUID() };
    const ids = [await call(one, body, headers), await call(one, body, headers)].map((a) =>
      readText(a.body, "execution_id"),
    );
    expect(ids[0]).toBe(ids[1]);
  });

  test("that is to answer at the end answers with the outputs", async () => {
    const one = await open({}, { respond: { mode: "sync", timeout: "20s" } });
    const answer = await call(one, '{"hello":"there"}', bearer);
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('"hello":"there"');
  });

  test("reads forms and text as well as JSON, and refuses JSON that is none", async () => {
    const one = await open({});
    const form = await call(one, "text=hi+there&n=1", bearer, "application/x-www-form-urlencoded");
    expect(await given(form)).toMatchObject({ text: "hi there", n: "1" });
    const broken = await call(one, '{"a":', bearer);
    expect(broken).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
  });

  test("shows the workflow the query and the headers of a call, never its credentials", async () => {
    const one = await open({}, { inputs: { got: "{{ trigger }}" } });
    const answer = await call({ ...one, url: `${one.url}?shop=7` }, '{"a":1}', {
      ...bearer,
      "x-topic": "orders",
      cookie: "session=1",
    });
    const got = await given(answer);
    expect(got).toMatchObject({
      type: "webhook",
      payload: { a: 1 },
      query: { shop: "7" },
      headers: { "x-topic": "orders" },
    });
    for (const credential of [SECRET, "session=1"]) expect(JSON.stringify(got)).not.toContain(credential);
    const signed = await hook({
      auth: { ...SENDERS.github?.auth, secret_name: NAME },
      inputs: { got: "{{ trigger }}" },
    });
    const headers = { ...SENDERS.github?.sign(SECRET, "{}", new Date()), authorization: "Bearer of-somebody-else" };
    const shown = JSON.stringify(await given(await call(signed, "{}", headers)));
    for (const credential of [
      "of-somebody-else",
      ...Object.values(SENDERS.github?.sign(SECRET, "{}", new Date()) ?? {}),
    ]) {
      expect(shown).not.toContain(credential);
    }
    const record = await outside.api.get(`/workflows/executions/${readText(answer.body, "execution_id")}`);
    expect(record.text).not.toContain(SECRET.slice(6));
  });

  test("that is paused or deleted starts nothing", async () => {
    const one = await open({});
    await outside.api.post(`/triggers/${one.id}/pause`, {});
    const paused = await call(one, "{}", bearer);
    expect(paused.status).toBeGreaterThanOrEqual(400);
    await outside.api.post(`/triggers/${one.id}/resume`, {});
    expect((await call(one, "{}", bearer)).status).toBe(202);
    expect((await outside.api.request("DELETE", `/triggers/${one.id}`)).status).toBe(200);
    expect(await call(one, "{}", bearer)).toMatchObject({ status: 404 });
    expect(await settled(one)).toBe(1);
  });

  test("can be tried with a sample: dry, it shows the inputs; else it starts one, and counts for no limit", async () => {
    const one = await open({ rateLimit: { rpm: 1, burst: 1 } }, { inputs: { got: "{{ trigger.payload.n * 2 }}" } });
    const dry = await outside.api.post(`/triggers/${one.id}/test`, { payload: { n: 21 }, dry_run: true });
    expect(dry).toMatchObject({ status: 200, body: { status: "rendered", execution_id: null, inputs: { got: 42 } } });
    for (const n of [1, 2]) {
      const wet = await outside.api.post(`/triggers/${one.id}/test`, { payload: { n } });
      expect(wet).toMatchObject({ status: 200, body: { inputs: { got: 2 * n } } });
      const record = await outside.api.finished(readText(wet.body, "execution_id"));
      expect(record).toMatchObject({ status: "completed", result: { outputs: { got: 2 * n } } });
    }
    expect(await settled(one)).toBe(2);
  });

  test("of a secret that is not there lets nobody in", async () => {
    const answer = await outside.api.post("/triggers", {
      workflow: (await open({})).slug,
      type: "webhook",
      path: `missing-${stamp}`,
      auth: { type: "bearer", secret_name: "NEVER_SET" },
    });
    if (answer.status !== 201) expect(answer.status).toBe(400);
    else {
      const url = readText(answer.body, "url");
      for (const token of ["", "undefined", "null", "NEVER_SET"]) {
        const tried = await outside.api.request("POST", url, {
          key: null,
          json: {},
          headers: { authorization: `Bearer ${token}` },
          upstream: true,
        });
        expect(tried.status).toBeGreaterThanOrEqual(401);
      }
    }
  });

  test.each<[string, JsonMap]>([
    ["no path", { path: "" }],
    ["a path that climbs", { path: "../keys" }],
    ["another auth", { auth: { type: "none-at-all", secret_name: NAME } }],
    ["auth without a secret", { auth: { type: "bearer" } }],
    ["a network that is none", { security: { ipAllowlist: ["300.0.0.1/8"] } }],
    ["a network that is none", { security: { ipAllowlist: ["10.0.0.0/40"] } }],
    ["a rate of nothing", { security: { rateLimit: { rpm: 0 } } }],
    ["an unknown member", { colour: "red" }],
  ])("with %s is refused", async (_name, more) => {
    const { slug } = await open({});
    const body = {
      workflow: slug,
      type: "webhook",
      path: `refused-${stamp}`,
      auth: { type: "bearer", secret_name: NAME },
      ...more,
    };
    expect(await outside.api.post("/triggers", body)).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
  });
});

describe.concurrent("triggers of another tenant", () => {
  test("are not there, by whatever way one asks", async () => {
    const slug = `theirs-${stamp}`;
    await outside.other.post("/workflows", { name: slug, steps: [{ id: "o", type: "output", value: 1 }] });
    const answer = await outside.other.post("/triggers", { workflow: slug, type: "schedule", cron: "0 0 1 1 *" });
    const id = readText(answer.body, "id");
    for (const [method, verb, json] of [
      ["GET", "", undefined],
      ["PATCH", "", { cron: "* * * * *" }],
      ["DELETE", "", undefined],
      ["POST", "/pause", {}],
      ["POST", "/resume", {}],
      ["POST", "/test", {}],
    ] as const) {
      const refused = await outside.api.request(method, `/triggers/${id}${verb}`, { json });
      expect([method, verb, refused.status]).toEqual([method, verb, 404]);
    }
    expect((await outside.api.get("/triggers?limit=100")).text).not.toContain(id);
    const foreign = await outside.api.post("/triggers", { workflow: slug, type: "schedule", cron: "* * * * *" });
    expect([400, 404]).toContain(foreign.status);
    expect((await outside.other.get(`/triggers/${id}`)).body).toMatchObject({
      status: "active",
      config: { cron: "0 0 1 1 *" },
    });
  });

  test("a key without the scope of triggers makes none and sees none", async () => {
    const answer = await outside.api.post("/keys", {
      name: "t",
      environment: "live",
      scopes: ["executions:read"],
      roles: [],
    });
    const key = readText(answer.body, "key");
    expect(await outside.api.get("/triggers", { key })).toMatchObject({ status: 403 });
    const body = { workflow: "x", type: "schedule", cron: "* * * * *" };
    expect(await outside.api.post("/triggers", body, { key })).toMatchObject({ status: 403 });
  });
});
