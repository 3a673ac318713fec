import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { WorkerService } from "./worker-service.ts";

/* Registered instances and signed calls, on a whole platform. */

let running: TestPlatform;
let one: WorkerService;
let two: WorkerService;
let mortal: WorkerService;
const hosts = {
  mortal: "mortal.services:8080",
  one: "one.services:8080",
  two: "two.services:8080",
  gone: "gone.services:8080",
};

const CONNECTOR = {
  connector: {
    type: "connector",
    kind: "sdk",
    name: "worker",
    namespace: "acme",
    version: "1.0.0",
    displayName: "Worker",
    description: "Runs where its instances are",
  },
  actions: [
    {
      name: "work",
      description: "Works",
      input: {},
      output: {},
      retry: { max_attempts: 1 },
      handler: { http: { style: "service" } },
    },
    {
      name: "once",
      description: "Works, but not twice",
      input: {},
      output: {},
      idempotent: false,
      retry: { max_attempts: 1 },
      handler: { http: { style: "service" } },
    },
  ],
};

beforeAll(async () => {
  one = await new WorkerService().start();
  two = await new WorkerService().start();
  mortal = await new WorkerService().start();
  running = await startTestPlatform({
    hosts: {
      [hosts.mortal]: `127.0.0.1:${mortal.port}`,
      [hosts.one]: `127.0.0.1:${one.port}`,
      [hosts.two]: `127.0.0.1:${two.port}`,
      [hosts.gone]: "127.0.0.1:9",
    },
    vars: { SERVICE_PROBE_MS: "600" },
    services: false,
  });
  const published = await ask("POST", "/plugins", CONNECTOR);
  expect(published.status, JSON.stringify(published.body)).toBe(201);
}, 120_000);

afterAll(async () => {
  await running?.close();
  await one?.stop();
  await two?.stop();
  await mortal?.stop();
});

beforeEach(async () => {
  for (const service of [one, two, mortal]) {
    service.calls.length = 0;
    service.most = 0;
    service.healthz = { status: 200, body: { status: "ok" } };
    service.answer = (call) => ({ body: { status: "success", data: call.body.input } });
  }
  const { body } = await ask("GET", "/register");
  for (const { plugin_slug, instance_id } of body.data)
    await ask("DELETE", `/register/${encodeURIComponent(plugin_slug)}/${instance_id}`);
});

async function ask(method: string, path: string, body?: unknown, key = running.tenant.apiKey) {
  const response = await fetch(new URL(path, running.url), {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const parsed: Answered = JSON.parse(await response.text());
  return { status: response.status, body: parsed };
}

/** What these tests read of answers. */
interface Answered {
  data: { plugin_slug: string; instance_id: string; in_rotation: boolean; health: string; in_flight: number }[];
  secret: string;
  execution_id: string;
  status: string;
}

function registration(host: string, id: string, more: object = {}) {
  return {
    plugin_slug: "worker",
    version: "1.0.0",
    url: `http://${host}`,
    actions: ["worker.work", "once"],
    metadata: { instance_id: id, ...more },
  };
}

const work = (input: object = {}, action = "worker.work") => ask("POST", "/execute", { action, input });

test("a registered instance is called, and its call verifies with standardwebhooks under the connector's secret", async () => {
  expect(await work()).toMatchObject({
    status: 503,
    body: { code: "UNAVAILABLE", details: { reason: "instances", registered: 0 } },
  });
  const registered = await ask("POST", "/register", registration(hosts.one, "one", { region: "eu" }));
  expect(registered).toMatchObject({
    status: 200,
    body: { status: "registered", plugin_slug: "worker", instance_id: "one" },
  });
  expect(await work({ n: 1 })).toMatchObject({ status: 200, body: { status: "success", data: { n: 1 } } });
  const [call] = one.calls;
  expect(call?.body).toMatchObject({ action: "worker.work", input: { n: 1 } });
  const { secret } = (await ask("GET", "/plugins/worker/signing-secret")).body;
  const headers = call?.headers as Record<string, string>;
  expect(new Webhook(secret).verify(call?.text ?? "", headers)).toEqual(call?.body);
  expect(headers["webhook-id"]).toBe(headers["idempotency-key"]);
  expect(() => new Webhook(secret).verify(`${call?.text} `, headers)).toThrow();
});

test("after a rotation both secrets verify; another tenant and another connector have other ones", async () => {
  const rotating = { ...CONNECTOR, connector: { ...CONNECTOR.connector, name: "rotating" } };
  expect((await ask("POST", "/plugins", rotating)).status).toBe(201);
  const actions = ["rotating.work", "acme/rotating.once"];
  await ask("POST", "/register", { ...registration(hosts.one, "one"), plugin_slug: "acme/rotating", actions });
  const { secret: old } = (await ask("GET", "/plugins/rotating/signing-secret")).body;
  const { body: rotated } = await ask("POST", "/plugins/rotating/signing-secret/rotate");
  expect(rotated.secret).not.toBe(old);
  expect((await ask("GET", "/plugins/rotating/signing-secret")).body.secret).toBe(rotated.secret);
  expect((await work({}, "rotating.work")).status).toBe(200);
  const call = one.calls.at(-1);
  const headers = call?.headers as Record<string, string>;
  expect(headers["webhook-signature"]?.split(" ")).toHaveLength(2);
  for (const secret of [old, rotated.secret])
    expect(new Webhook(secret).verify(call?.text ?? "", headers)).toEqual(call?.body);
  const { secret: other } = (await ask("GET", "/plugins/worker/signing-secret")).body;
  expect(() => new Webhook(other).verify(call?.text ?? "", headers)).toThrow();
});

test("another tenant sees neither instances nor secrets, and its calls do not come to this one's instances", async () => {
  await ask("POST", "/register", registration(hosts.one, "one"));
  const { secret: ours } = (await ask("GET", "/plugins/worker/signing-secret")).body;
  const { apiKey } = await running.newTenant("stranger");
  expect((await ask("GET", "/plugins/worker/signing-secret", undefined, apiKey)).status).toBe(404);
  expect((await ask("POST", "/register", registration(hosts.one, "x"), apiKey)).status).toBe(404);
  expect((await ask("DELETE", "/register/worker/one", undefined, apiKey)).status).toBe(404);
  const own = { ...CONNECTOR, connector: { ...CONNECTOR.connector, namespace: "rival" } };
  expect((await ask("POST", "/plugins", own, apiKey)).status).toBe(201);
  expect((await ask("GET", "/register", undefined, apiKey)).body.data).toEqual([]);
  const { secret: theirs } = (await ask("GET", "/plugins/worker/signing-secret", undefined, apiKey)).body;
  expect(theirs).toMatch(/^whsec_/);
  expect(theirs).not.toBe(ours);
  expect((await ask("POST", "/execute", { action: "worker.work", input: {} }, apiKey)).status).toBe(503);
  expect(one.calls).toEqual([]);
});

test("calls are spread over the instances, and no instance gets more at once than it takes", async () => {
  const slow = (call: (typeof one.calls)[number]) => ({
    after: 150,
    body: { status: "success", data: call.body.input },
  });
  one.answer = slow;
  two.answer = slow;
  await ask("POST", "/register", registration(hosts.one, "one", { concurrent: 2 }));
  await ask("POST", "/register", registration(hosts.two, "two", { concurrent: 3 }));
  const answers = await Promise.all(Array.from({ length: 15 }, (_, n) => work({ n })));
  expect(answers.map(({ status }) => status)).toEqual(Array(15).fill(200));
  expect(one.calls.length + two.calls.length).toBe(15);
  expect([one.most, two.most]).toEqual([2, 3]);
});

test("what did not reach one instance goes to another; an action that must not run twice only where it was surely not reached", async () => {
  await ask("POST", "/register", registration(hosts.gone, "a-gone"));
  await ask("POST", "/register", registration(hosts.two, "two"));
  const answers = await Promise.all([work(), work({}, "worker.once"), work(), work({}, "worker.once")]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  await ask("DELETE", "/register/worker/a-gone");
  await ask("POST", "/register", registration(hosts.one, "one"));
  one.answer = () => ({ reset: true });
  two.answer = () => ({ reset: true });
  one.calls.length = 0;
  two.calls.length = 0;
  expect((await work({}, "worker.once")).body).toMatchObject({
    code: "UNAVAILABLE",
    details: { reason: "outcome_unknown" },
  });
  expect(one.calls.length + two.calls.length).toBe(1);
});

const tell = (token: unknown, verb: string, body: object = {}) =>
  ask("POST", `/tasks/${String(token)}/${verb}`, body, "no key at all");

async function startWork(): Promise<string> {
  const steps = [{ id: "it", connector: "connector:acme/worker@1.0.0", action: "work", input: {}, retry: QUICK }];
  const definition = { name: "Pending work", steps, outputs: { result: "{{ steps.it.output }}" } };
  const { body } = await ask("POST", "/workflows/executions", { definition });
  return body.execution_id;
}
const QUICK = { max_attempts: 4, backoff: "fixed", initial_delay_ms: 50, jitter: false };
const recordOf = async (id: string) => (await ask("GET", `/workflows/executions/${id}`)).body;
const inFlight = async () =>
  Object.fromEntries((await ask("GET", "/register")).body.data.map((it) => [it.instance_id, it.in_flight]));

test("a service that answers 202 is asked once, and what it has pending counts until it is over", async () => {
  const later = (call: (typeof one.calls)[number]) => ({
    status: 202,
    body: { status: "pending", task_token: call.body.context.task_token },
  });
  one.answer = later;
  two.answer = later;
  await ask("POST", "/register", registration(hosts.one, "one", { concurrent: 1 }));
  await ask("POST", "/register", registration(hosts.two, "two", { concurrent: 1 }));
  const ids = [await startWork(), await startWork()];
  await expect.poll(() => [one.calls.length, two.calls.length]).toEqual([1, 1]);
  await expect.poll(inFlight).toEqual({ one: 1, two: 1 });
  // Nobody has a place: a third call waits in line, and goes where one is over.
  const third = await startWork();
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect([one.calls.length, two.calls.length]).toEqual([1, 1]);
  // Gone and back while its task is pending: it still has it in hand.
  await ask("DELETE", "/register/worker/one");
  await ask("POST", "/register", registration(hosts.one, "one", { concurrent: 1 }));
  expect(await inFlight()).toEqual({ one: 1, two: 1 });
  expect((await tell(two.calls[0]?.body.context.task_token, "complete", { data: 2 })).status).toBe(200);
  await expect.poll(() => two.calls.length).toBe(2);
  expect((await tell(one.calls[0]?.body.context.task_token, "complete", { data: 1 })).status).toBe(200);
  await expect.poll(inFlight).toEqual({ one: 0, two: 1 });
  expect((await ask("POST", `/workflows/executions/${third}/cancel`, {})).status).toBe(200);
  await expect.poll(inFlight).toEqual({ one: 0, two: 0 });
  expect((await tell(two.calls[1]?.body.context.task_token, "complete", { data: 3 })).status).toBe(409);
  const ended = await Promise.all(ids.map(recordOf));
  expect(ended.map(({ status }) => status)).toEqual(["completed", "completed"]);
  expect([one.calls.length, two.calls.length]).toEqual([1, 2]);
});

test("an instance that dies in the middle of a call loses it to another one, under the same idempotency key", async () => {
  mortal.answer = () => ({ after: 60_000 });
  await ask("POST", "/register", registration(hosts.mortal, "mortal"));
  const asked = work({ n: 1 });
  await expect.poll(() => mortal.calls.length).toBe(1);
  await ask("POST", "/register", registration(hosts.one, "one"));
  const { port } = mortal;
  await mortal.stop();
  expect(await asked).toMatchObject({ status: 200, body: { data: { n: 1 } } });
  const [before, after] = [mortal.calls[0], one.calls[0]];
  expect(after?.headers["idempotency-key"]).toBe(before?.headers["idempotency-key"]);
  expect(after?.text).not.toBe("");
  // Back at the same place, without registering again: the next good probe is enough.
  await ask("DELETE", "/register/worker/one");
  for (let call = 0; call < 3; call += 1) await work();
  expect((await work()).status).toBe(503);
  mortal.answer = () => ({ body: { status: "success", data: "back" } });
  await mortal.start(port);
  await expect.poll(async () => (await work()).status).toBe(200);
});

test("a connector that names its address takes ten calls at once there, or as many as it says, pending ones too", async () => {
  const handler = { http: { style: "service", url: `http://${hosts.one}/execute` } };
  const action = { name: "work", description: "Works", input: {}, output: {}, retry: QUICK, handler };
  const named = (name: string, runtime: object) => ({
    connector: { ...CONNECTOR.connector, name, runtime },
    actions: [action],
  });
  expect((await ask("POST", "/plugins", named("fixed", {}))).status).toBe(201);
  expect((await ask("POST", "/plugins", named("narrow", { resources: { concurrent: 2 } }))).status).toBe(201);
  // So long that all who may be there are there at once, however slowly they come.
  one.answer = () => ({ after: 1_000, body: { status: "success", data: null } });
  const answers = await Promise.all(Array.from({ length: 24 }, () => work({}, "fixed.work")));
  expect(answers.map(({ status }) => status)).toEqual(Array(24).fill(200));
  expect(one.most).toBe(10);
  one.most = 0;
  await Promise.all(Array.from({ length: 5 }, () => work({}, "narrow.work")));
  expect(one.most).toBe(2);
});

test("calls of a connection are counted by it: two connections take twice as many", async () => {
  const direct = { http: { url: `http://${hosts.one}/direct`, method: "POST", body: { a: "${input.n}" } } };
  const action = { name: "work", description: "Works", input: {}, output: {}, retry: QUICK, handler: direct };
  const auth = { type: "API_KEY", in: "header", name: "X-Key" };
  const published = await ask("POST", "/plugins", {
    connector: { ...CONNECTOR.connector, kind: "http", name: "direct" },
    auth,
    actions: [action],
  });
  expect(published.status, JSON.stringify(published.body)).toBe(201);
  for (const [name, config] of [
    ["default", { concurrent: 3 }],
    ["other", { concurrent: 10 }],
  ] as const) {
    const values = { api_key: "direct-key-123456", ...config };
    const made = await ask("POST", "/connections", { connector: "acme/direct", name, type: "API_KEY", values });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
  }
  one.answer = () => ({ after: 1_000, body: {} });
  await Promise.all(Array.from({ length: 8 }, (_, n) => work({ n }, "direct.work")));
  expect(one.most).toBe(3);
  one.most = 0;
  const steps = [
    { id: "a", for_each: Array(16).fill(1), parallel: true, plugin: "direct", action: "work", input: {} },
    {
      id: "b",
      for_each: Array(16).fill(1),
      parallel: true,
      plugin: "direct",
      action: "work",
      input: {},
      connection: "other",
    },
  ];
  const branches = Object.fromEntries(steps.map((step) => [step.id, [step]]));
  const definition = { name: "Two connections", steps: [{ id: "both", type: "parallel", branches }] };
  const ended = await ask("POST", "/workflows/executions", { definition, execution_mode: "sync" });
  expect(ended.body.status, JSON.stringify(ended.body)).toBe("completed");
  expect(one.most).toBe(13);
});

test("an instance that is not well is taken out and put back when it recovers", async () => {
  await ask("POST", "/register", registration(hosts.one, "one"));
  await ask("POST", "/register", registration(hosts.two, "two"));
  two.healthz = { status: 200, body: { status: "unhealthy" } };
  const states = async () =>
    Object.fromEntries(
      (await ask("GET", "/register?plugin_slug=worker")).body.data.map((it) => [
        it.instance_id,
        [it.in_rotation, it.health],
      ]),
    );
  await expect.poll(states).toEqual({ one: [true, "ok"], two: [false, "unhealthy"] });
  for (let n = 0; n < 6; n += 1) expect((await work({ n })).status).toBe(200);
  expect([one.calls.length, two.calls.length]).toEqual([6, 0]);
  two.healthz = { status: 200, body: { status: "ok" } };
  await expect.poll(states).toEqual({ one: [true, "ok"], two: [true, "ok"] });
  for (let n = 0; n < 6; n += 1) await work({ n });
  expect(two.calls.length).toBeGreaterThan(0);
});

test("an address that the egress rules refuse, an unknown connector and a wrong body are refused", async () => {
  const at = (url: string) => ask("POST", "/register", { ...registration(hosts.one, "x"), url });
  for (const url of [
    "http://169.254.169.254/",
    "http://127.0.0.1:8080",
    "http://localhost",
    "ftp://example.org",
    "http://u:p@example.org",
  ])
    expect(await at(url), url).toMatchObject({
      status: 403,
      body: { code: "FORBIDDEN", details: { reason: "egress", field: "url" } },
    });
  const health = await ask("POST", "/register", {
    ...registration(hosts.one, "x"),
    health_check_url: "http://10.0.0.1/healthz",
  });
  expect(health).toMatchObject({ status: 403, body: { details: { field: "health_check_url" } } });
  expect((await ask("POST", "/register", { ...registration(hosts.one, "x"), plugin_slug: "nobody" })).status).toBe(404);
  expect((await ask("POST", "/register", { ...registration(hosts.one, "x"), version: "1" })).status).toBe(400);
  expect((await ask("DELETE", "/register/worker/nobody")).status).toBe(404);
  expect((await ask("GET", "/register")).body.data).toEqual([]);
});
