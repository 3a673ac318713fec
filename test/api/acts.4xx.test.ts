import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { type CheckedClient, checkedClient } from "./checked-client.ts";
import { ADD, runClient, slowGraph, waitFor } from "./run-client.ts";

let platform: TestPlatform;
let call: CheckedClient;
let key: string;
let runs: ReturnType<typeof runClient>;
/** Runs that wait for something that nobody sends: of steps, and of nodes. */
let waiting: string;
let graph: string;

beforeAll(async () => {
  platform = await startTestPlatform({ services: false });
  call = await checkedClient(platform.url);
  key = platform.tenant.apiKey;
  runs = runClient(call, key);
  waiting = await runs.start({
    name: "Waiting",
    steps: [
      { id: "sign", type: "approval", approvers: ["admin"] },
      { id: "after", type: "approval", approvers: ["admin"] },
    ],
  });
  await runs.until(waiting, { status: "waiting" });
  graph = await runs.start(slowGraph({ size: 1, overflow: "reject" }));
});
afterAll(() => platform?.close());

/** Every act with a body that is right. */
const ACTS: [act: string, body: object][] = [
  ["cancel", {}],
  ["pause", {}],
  ["resume", {}],
  ["retry", {}],
  ["migrate", { version: "1.0.0" }],
  ["shutdown", {}],
  ["events", { name: "e" }],
  ["messages", { node: "clerk" }],
  ["approvals/sign", { decision: "approve" }],
];

test.each<[act: string, body: unknown, path: string]>([
  ["cancel", { compensate: "yes" }, "/compensate"],
  ["cancel", { why: "x" }, "/why"],
  ["pause", { reason: "" }, "/reason"],
  ["resume", { budget: { max_tokens: 0 } }, "/budget/max_tokens"],
  ["resume", { budget: { max_token: 1 } }, "/budget/max_token"],
  ["retry", { step: "sign" }, "/step"],
  ["migrate", {}, "/version"],
  ["migrate", { version: "1.0.0", dry_run: "yes" }, "/dry_run"],
  ["retry", { outputs: 1 }, "/outputs"],
  ["shutdown", { graceful: 1 }, "/graceful"],
  ["shutdown", { deadline: "soon" }, "/deadline"],
  ["shutdown", { deadline: "367d" }, "/deadline"],
  ["events", {}, "/name"],
  ["events", { name: "a\u0007" }, "/name"],
  ["events", { name: "a", channel: 1 }, "/channel"],
  ["events", { name: "a", key: "k" }, "/key"],
  ["messages", { payload: 1 }, "/node"],
  ["messages", { node: "clerk", timeout: 31 }, "/timeout"],
  ["messages", { node: "clerk", timeout: -1 }, "/timeout"],
  ["approvals/sign", {}, "/decision"],
  ["approvals/sign", { decision: "approved" }, "/decision"],
  ["approvals/sign", { decision: "approve", by: "me" }, "/by"],
])("%s with %j is a 400 that names the member, and nothing happens", async (act, body, path) => {
  const before = await runs.get(waiting);
  expect(await call(key, "POST", `/workflows/executions/${waiting}/${act}`, { body })).toMatchObject({
    status: 400,
    body: { code: "VALIDATION", details: { problems: [{ path }] } },
  });
  expect((await runs.get(waiting)).headers.get("etag")).toBe(before.headers.get("etag"));
});

test.each(["events", "messages", "approvals/sign"])("%s without a body is a 400", async (act) => {
  expect(await runs.act(waiting, act)).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
});

test("a step's run-time path reaches the object as it was written, however it was encoded", async () => {
  for (const written of ["node@2~3[1].send", "node%402~3%5B1%5D.send", "node%402%7E3[1].send"])
    expect(await call(key, "GET", `/workflows/executions/${waiting}/steps/${written}`)).toMatchObject({
      status: 404,
      body: { code: "NOT_FOUND", message: 'This execution has no step "node@2~3[1].send".' },
    });
});

test.each(ACTS)("%s of an execution that is somebody else's, or of none, is the same 404", async (act, body) => {
  const other = runClient(call, (await platform.newTenant(`other-${act.slice(0, 5)}`)).apiKey);
  const foreign = await other.act(waiting, act, body);
  const unknown = await runs.act("exec_nope", act, body);
  expect(foreign).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
  expect({ ...foreign.body, request_id: "" }).toEqual({ ...unknown.body, request_id: "" });
  expect((await runs.get(waiting)).body.status).toBe("waiting");
});

test("an unknown node, and an unknown step, are 404", async () => {
  expect(await runs.act(graph, "messages", { node: "nobody" })).toMatchObject({
    status: 404,
    body: { code: "NOT_FOUND" },
  });
  for (const step of ["nobody", "sign[1]"])
    expect(await runs.act(waiting, `approvals/${step}`, { decision: "approve" })).toMatchObject({
      status: 404,
      body: { code: "NOT_FOUND" },
    });
});

test("an approval is refused to who started the run and to who has not the role, and the step waits on", async () => {
  expect(await runs.act(waiting, "approvals/sign", { decision: "approve" })).toMatchObject({
    status: 403,
    body: { code: "FORBIDDEN" },
  });
  const plain = await call(key, "POST", "/keys", { body: { name: "no role", roles: [] } });
  expect(
    await runClient(call, String(plain.body.key)).act(waiting, "approvals/sign", { decision: "approve" }),
  ).toMatchObject({ status: 403, body: { code: "FORBIDDEN" } });
  expect(await runs.get(waiting)).toMatchObject({ body: { status: "waiting", waiting_for: { kind: "approval" } } });
});

test("an approval that does not wait yet, or has been decided, is 409", async () => {
  const made = await call(key, "POST", "/keys", { body: { name: "decides" } });
  const boss = runClient(call, String(made.body.key));
  const id = await runs.start({
    name: "Two approvals",
    steps: [
      { id: "first", type: "approval", approvers: [] },
      { id: "second", type: "approval", approvers: [] },
    ],
  });
  await runs.until(id, { status: "waiting" });
  const refused = { status: 409, body: { code: "CONFLICT" } };
  expect(await boss.act(id, "approvals/second", { decision: "approve" })).toMatchObject(refused);
  expect(await boss.act(id, "approvals/first", { decision: "approve" })).toMatchObject({ status: 200 });
  expect(await boss.act(id, "approvals/first", { decision: "reject" })).toMatchObject(refused);
  await runs.act(id, "cancel");
});

test("a full mailbox that rejects is 429 at once, one that blocks after the time that the sender gave", async () => {
  for (const overflow of ["reject", "block"]) {
    const id = await runs.start(slowGraph({ size: 1, overflow }));
    expect((await runs.act(id, "messages", { node: "clerk", payload: 1 })).status).toBe(202);
    await runs.until(id, { steps: [{ path: "clerk", status: "waiting" }] });
    expect((await runs.act(id, "messages", { node: "clerk", payload: 2 })).status).toBe(202);
    const full = await runs.act(id, "messages", { node: "clerk", payload: 3, timeout: overflow === "block" ? 1 : 30 });
    expect(full).toMatchObject({ status: 429, body: { code: "RATE_LIMITED", details: { limit: "mailbox" } } });
    expect(Number(full.headers.get("retry-after"))).toBeGreaterThan(0);
    await runs.act(id, "cancel");
  }
});

test("what a run is not made for, and what it is not in, is 409", async () => {
  const refused = { status: 409, body: { code: "CONFLICT" } };
  expect(await runs.act(waiting, "shutdown")).toMatchObject(refused);
  expect(await runs.act(waiting, "messages", { node: "sign" })).toMatchObject(refused);
  expect(await runs.act(waiting, "resume")).toMatchObject(refused);
});

test("nothing happens any more to a run that has ended: 409, whatever is asked", async () => {
  const ended = await runs.start({ name: "Ended", steps: [ADD] });
  expect(await runs.end(ended)).toMatchObject({ status: "completed" });
  const before = (await runs.get(ended)).headers.get("etag");
  // An inline definition has no other version to go on with: that of a published one is told in acts.2xx.
  for (const [act, body] of ACTS.filter(([name]) => name !== "migrate")) {
    const answer = await runs.act(ended, act.replace("sign", "add"), body);
    expect([act, answer.status, answer.body.code]).toEqual([act, 409, "CONFLICT"]);
  }
  expect((await runs.get(ended)).headers.get("etag")).toBe(before);
});

test("a wait for an event is not an approval", async () => {
  const id = await runs.start({ name: "Not an approval", steps: [waitFor("e")] });
  await runs.until(id, { status: "waiting" });
  const answer = await runs.act(id, "approvals/gate", { decision: "approve" });
  expect(answer).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
  expect((await runs.get(id)).body.status).toBe("waiting");
  await runs.act(id, "cancel");
});
