import { beforeAll, describe, expect, test } from "vitest";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type Json, type JsonMap, read, readText } from "./json.ts";
import { outputOf, statusesOf } from "./steps-of.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();

interface Person {
  key: string;
  id: string;
}

const people = new Map<string, Person>();
const SCOPES = ["executions:read", "executions:write"];

async function hire(name: string, roles: string[], environment = "live", scopes = SCOPES): Promise<void> {
  const answer = await outside.api.post("/keys", { name, environment, scopes, roles });
  expect(answer.status).toBe(201);
  people.set(name, { key: readText(answer.body, "key"), id: readText(answer.body, "id") });
}

beforeAll(async () => {
  await publishFlaky(outside.api);
  await Promise.all([
    hire("finance", ["finance"]),
    hire("legal", ["legal"]),
    hire("nobody", []),
    hire("tester", ["finance"], "test"),
    hire("reader", ["finance"], "live", ["executions:read"]),
  ]);
});

function person(name: string): Person {
  const found = people.get(name);
  if (found === undefined) throw new Error(`nobody hired ${name}`);
  return found;
}

const sign = (more: JsonMap = {}): JsonMap => ({ id: "ok", type: "approval", approvers: ["finance"], ...more });
const begin = (...steps: Json[]): Promise<string> => outside.api.begin({ name: "Outside approvals", steps });
const decide = (id: string, by: string | null, body: Json, step = "ok") =>
  outside.api.act(id, `approvals/${encodeURIComponent(step)}`, body, by === null ? {} : { key: person(by).key });

describe.concurrent("approvals (section 4)", () => {
  test("wait, say for whom, and go on with the decision", async () => {
    const id = await begin(sign({ message: "Spend 40?" }), { id: "o", type: "output", value: "{{ steps.ok.output }}" });
    const record = await outside.api.waiting(id, "approval");
    expect(record).toMatchObject({ status: "waiting", waiting_for: { kind: "approval", step: "ok" } });
    const answer = await decide(id, "finance", { decision: "approve", comment: "fine 😀" });
    const by = person("finance").id;
    expect(answer).toMatchObject({
      status: 200,
      body: { execution_id: id, step: "ok", decision: "approve", by, comment: "fine 😀" },
    });
    const done = await outside.api.finished(id);
    expect(outputOf(done, "ok")).toEqual({
      decision: "approve",
      by,
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      comment: "fine 😀",
    });
    expect(read(outputOf(done, "o"), "value.decision")).toBe("approve");
  });

  test("a rejection fails the run with FORBIDDEN and nothing after it runs", async () => {
    const id = await begin(sign(), flaky("s", "call", { key: "after a rejection" }));
    await outside.api.waiting(id, "approval");
    expect((await decide(id, "finance", { decision: "reject", comment: "too much" })).status).toBe(200);
    expect(await outside.api.finished(id)).toMatchObject({
      status: "failed",
      error: { code: "FORBIDDEN", details: { step: "ok" } },
    });
    expect(outside.service.calls("after a rejection")).toEqual([]);
  });

  test("with continue_on_error a rejection goes on", async () => {
    const id = await begin(sign({ continue_on_error: true }), {
      id: "o",
      type: "output",
      value: "{{ steps.ok.status }}",
    });
    await outside.api.waiting(id, "approval");
    await decide(id, "finance", { decision: "reject" });
    const done = await outside.api.finished(id);
    expect(done.status).toBe("completed");
    expect(outputOf(done, "o")).toEqual({ value: "failed" });
  });

  test.each<[string, string | null, number]>([
    ["another role", "legal", 403],
    ["no role", "nobody", 403],
    ["who started it", null, 403],
    ["a key of the test environment", "tester", 404],
    ["a key that may only read", "reader", 403],
  ])("%s may not decide, and the step waits on", async (_name, by, status) => {
    const id = await begin(sign());
    await outside.api.waiting(id, "approval");
    expect((await decide(id, by, { decision: "approve" })).status).toBe(status);
    expect(await outside.api.record(id)).toMatchObject({ status: "waiting" });
    const foreign = await outside.other.act(id, "approvals/ok", { decision: "approve" });
    expect(foreign).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
    expect((await decide(id, "finance", { decision: "approve" })).status).toBe(200);
    expect((await outside.api.finished(id)).status).toBe("completed");
  });

  test("whoever started it and holds the role may decide only with allow_self", async () => {
    const key = person("finance").key;
    const start = async (more: JsonMap): Promise<string> => {
      const answer = await outside.api.start({ definition: { name: "Self", steps: [sign(more)] } }, { key });
      return readText(answer.body, "execution_id");
    };
    const [refused, allowed] = await Promise.all([start({}), start({ allow_self: true })]);
    await Promise.all([refused, allowed].map((id) => outside.api.waiting(id, "approval")));
    expect((await decide(refused, "finance", { decision: "approve" })).status).toBe(403);
    expect((await decide(allowed, "finance", { decision: "approve" })).status).toBe(200);
    expect((await outside.api.finished(allowed)).status).toBe("completed");
    await outside.api.act(refused, "cancel");
  });

  test("an unknown step is 404, one that does not wait or was decided is 409", async () => {
    const id = await begin(sign(), sign({ id: "later" }), { id: "o", type: "output", value: 1 });
    await outside.api.waiting(id, "approval");
    const status = async (step: string): Promise<number> =>
      (await decide(id, "finance", { decision: "approve" }, step)).status;
    for (const step of ["nothing", "ok[0]", "ok.x", "OK", "ok~2", "ok@2", "__proto__", "x".repeat(300)]) {
      expect([step, await status(step)]).toEqual([step, 404]);
    }
    expect(await status("o")).toBe(409);
    expect(await status("later")).toBe(409);
    expect(await status("ok")).toBe(200);
    expect(await status("ok")).toBe(409);
    await outside.api.waiting(id, "approval");
    expect(await status("later")).toBe(200);
    await outside.api.finished(id);
    expect(await status("later")).toBe(409);
  });

  test.each<[string, Json]>([
    ["nothing", {}],
    ["another word", { decision: "yes" }],
    ["approved", { decision: "approved" }],
    ["true", { decision: true }],
    ["a comment that is no text", { decision: "approve", comment: { $secret: "X" } }],
    ["a comment without end", { decision: "approve", comment: "x".repeat(2001) }],
    ["an unknown member", { decision: "approve", by: "key_boss" }],
  ])("a body of %s is 400", async (_name, body) => {
    const id = await begin(sign());
    await outside.api.waiting(id, "approval");
    expect(await decide(id, "finance", body)).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
    expect(await outside.api.record(id)).toMatchObject({ status: "waiting" });
    await outside.api.act(id, "cancel");
  });

  test.each<[string, JsonMap, string, Json]>([
    ["reject by itself", {}, "failed", null],
    ["reject", { onTimeout: "reject" }, "failed", null],
    ["allow", { onTimeout: "allow" }, "completed", "approve"],
  ])("nobody decides in time: %s", async (_name, more, status, decision) => {
    const id = await begin(sign({ timeout: 1, ...more }));
    const done = await outside.api.finished(id);
    expect(done.status).toBe(status);
    if (decision === null) expect(done).toMatchObject({ error: { code: expect.stringMatching(/FORBIDDEN|TIMEOUT/) } });
    else expect(outputOf(done, "ok")).toMatchObject({ decision, by: null });
  });

  test("an escalation waits once more, and can be decided then", async () => {
    const [left, taken] = await Promise.all([
      begin(sign({ timeout: 1, onTimeout: "escalate" })),
      begin(sign({ timeout: 2, onTimeout: "escalate" })),
    ]);
    await new Promise((resolve) => setTimeout(resolve, 2600));
    expect((await decide(taken, "finance", { decision: "approve" })).status).toBe(200);
    expect((await outside.api.finished(taken)).status).toBe("completed");
    expect((await outside.api.finished(left)).status).toBe("failed");
  });

  test("in a loop each iteration waits by itself and is decided by its path", async () => {
    const id = await begin({ id: "f", type: "forEach", items: [1, 2, 3], steps: [sign()] });
    await outside.api.when(id, (record) => statusesOf(record)["f[2].ok"] === "waiting");
    for (const [path, decision] of [
      ["f[1].ok", "approve"],
      ["f[2].ok", "approve"],
      ["f[0].ok", "approve"],
    ]) {
      const answer = await decide(id, "finance", { decision: decision ?? "", comment: path ?? "" }, path);
      expect(answer.status).toBe(200);
    }
    const done = await outside.api.finished(id);
    expect([0, 1, 2].map((at) => read(outputOf(done, `f[${at}].ok`), "comment"))).toEqual(
      [0, 1, 2].map((at) => `f[${at}].ok`),
    );
  });

  test("a step's authorization.approval is a gate before it; the workflow's is one before everything", async () => {
    const gated = flaky(
      "s",
      "call",
      { key: "gated step" },
      {
        authorization: { approval: { required: true, approvers: ["finance"] } },
      },
    );
    const step = await begin(gated);
    const whole = await outside.api.begin({
      name: "Gated",
      authorization: { approval: { required: true, approvers: ["legal"] } },
      steps: [flaky("s", "call", { key: "gated whole" })],
    });
    await Promise.all([step, whole].map((id) => outside.api.waiting(id, "approval")));
    expect([...outside.service.calls("gated step"), ...outside.service.calls("gated whole")]).toEqual([]);
    expect((await decide(step, "legal", { decision: "approve" }, "s")).status).toBe(403);
    expect((await decide(step, "finance", { decision: "approve" }, "s")).status).toBe(200);
    expect((await decide(whole, "legal", { decision: "approve" }, "workflow")).status).toBe(200);
    expect((await outside.api.finished(step)).status).toBe("completed");
    expect((await outside.api.finished(whole)).status).toBe("completed");
    expect(outside.service.calls("gated step")).toHaveLength(1);
    expect(outside.service.calls("gated whole")).toHaveLength(1);
  });

  test("two opposite decisions at once: one of them counts, the other is 409", async () => {
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        const id = await begin(sign({ continue_on_error: true }));
        await outside.api.waiting(id, "approval");
        const answers = await Promise.all(
          ["approve", "reject", "approve", "reject"].map((decision) => decide(id, "finance", { decision })),
        );
        const taken = answers.filter(({ status }) => status === 200);
        expect(taken).toHaveLength(1);
        expect(answers.filter(({ status }) => status === 409)).toHaveLength(3);
        const done = await outside.api.finished(id);
        const approved = read(taken[0]?.body, "decision") === "approve";
        expect(statusesOf(done).ok).toBe(approved ? "completed" : "failed");
      }),
    );
  });

  test("approvers and message may be templates; the record says the evaluated ones and until when", async () => {
    const definition = {
      name: "Asked",
      inputs: { role: { type: "string" } },
      steps: [sign({ approvers: ["{{ inputs.role }}"], message: "Is {{ inputs.role }} content?", timeout: "1h" })],
    };
    const id = await outside.api.begin(definition, { role: "legal" });
    expect(read(await outside.api.waiting(id, "approval"), "waiting_for")).toMatchObject({
      approvers: ["legal"],
      message: "Is legal content?",
      deadline: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect((await decide(id, "finance", { decision: "approve" })).status).toBe(403);
    expect((await decide(id, "legal", { decision: "approve" })).status).toBe(200);
    expect((await outside.api.finished(id)).status).toBe("completed");
  });

  test("a decision against its timeout: whoever is told 200 has decided", async () => {
    await Promise.all(
      Array.from({ length: 8 }, async (_, at) => {
        const id = await begin(sign({ timeout: 1 }));
        await new Promise((resolve) => setTimeout(resolve, 860 + at * 25));
        const { status } = await decide(id, "finance", { decision: "approve" });
        const done = await outside.api.finished(id);
        expect([status, done.status]).toEqual(status === 200 ? [200, "completed"] : [409, "failed"]);
      }),
    );
  });
});
