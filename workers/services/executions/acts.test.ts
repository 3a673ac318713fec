import { expect, test } from "vitest";
import { failure } from "../../../contracts/errors.ts";
import { stepCampaign } from "../campaigns/step.ts";
import { ObjectUnavailable } from "../object-calls.ts";
import { AFTER, contextForTest } from "./context-for-test.ts";
import { decide } from "./decide.ts";
import { sendEvent } from "./send-event.ts";
import { sendMessage } from "./send-message.ts";
import { steerExecution } from "./steer.ts";

const FULL = failure("RATE_LIMITED", "The mailbox is full.", { limit: "mailbox" });
const BLOCKED = failure("RATE_LIMITED", "The mailbox is full.", { limit: "mailbox", overflow: "block" });
const EVENT = { name: "paid", payload: { amount: 40 } };

test("an event that is delivered twice carries the same id, and another one another", async () => {
  const { context, executionId, commands } = contextForTest(["reset", AFTER]);
  expect(await sendEvent(context, executionId, EVENT)).toBeUndefined();
  await sendEvent(context, executionId, EVENT);
  const ids = commands.map((command) => command.type === "signal" && command.id);
  expect(ids).toHaveLength(3);
  expect(ids[0]).toMatch(/^evt_[0-9a-z]{26}$/);
  expect(ids[1]).toBe(ids[0]);
  expect(ids[2]).not.toBe(ids[0]);
});

test("an act that is asked again after a reset has the key of the first, one of a client has the client's, and two have two", async () => {
  const { context, executionId, commands } = contextForTest(["reset", AFTER]);
  expect(await steerExecution(context, executionId, { type: "resume" })).toMatchObject({ ok: true });
  await steerExecution(context, executionId, { type: "resume" });
  await steerExecution(context, executionId, { type: "resume" }, "mine");
  const acts = commands.map((command) => (command.type === "resume" ? command.act : undefined));
  expect(acts.map((act) => act?.key === acts[0]?.key)).toEqual([true, true, false, false]);
  expect(acts[3]?.key).toBe("mine");
  expect(new Set(acts.map((act) => act?.body)).size).toBe(1);
  await steerExecution(context, executionId, { type: "pause" }, "mine");
  expect(commands[4]).toMatchObject({ act: { key: "mine", body: expect.not.stringMatching(acts[3]?.body ?? "") } });
});

test("a campaign acts with its own id, so that it acts once on each execution", async () => {
  const { context, executionId, commands } = contextForTest([AFTER]);
  const order = {
    id: "camp_one",
    owner: { tenantId: context.caller.tenantId, environment: context.caller.environment },
    action: "cancel" as const,
    actor: { keyId: "key_me", roles: [], permissions: [] },
  };
  expect(await stepCampaign(context.ports, order, [executionId], context.background)).toEqual([{ kind: "done" }]);
  expect(commands).toMatchObject([{ type: "cancel", actor: "key_me", act: { key: "camp_one" } }]);
});

test("a message whose delivery is unknown is not sent again: the caller hears that the object was not reached", async () => {
  const { context, executionId, commands } = contextForTest(["reset", AFTER]);
  await expect(sendMessage(context, executionId, { node: "n", payload: 1 })).rejects.toBeInstanceOf(ObjectUnavailable);
  expect(commands).toHaveLength(1);
});

test("with a key a message may be sent again, an event and a decision have it too, and whose decision it is counts", async () => {
  const { context, executionId, commands } = contextForTest(["reset", AFTER]);
  await sendMessage(context, executionId, { node: "n", payload: 1 }, "mine");
  await sendEvent(context, executionId, EVENT, "mine");
  await decide(context, executionId, "sign", { decision: "approve" }, "mine");
  await decide(
    { ...context, caller: { ...context.caller, keyId: "key_other" } },
    executionId,
    "sign",
    { decision: "approve" },
    "mine",
  );
  await decide(context, executionId, "sign", { decision: "approve" });
  const acts = commands.map((command) => ("act" in command ? command.act : undefined));
  expect(acts.slice(0, 5).map((act) => act?.key)).toEqual(Array(5).fill("mine"));
  expect(acts[5]?.key).toMatch(/^req_/);
  expect(new Set(acts.map((act) => act?.body)).size).toBe(4);
  expect(acts[1]).toEqual(acts[0]);
  expect(acts[5]?.body).toBe(acts[3]?.body);
  expect(commands.slice(0, 3)).toMatchObject([{}, {}, { actor: context.caller.keyId }]);
});

test("a sender waits for room where the mailbox blocks, and no longer than it said", async () => {
  const room = contextForTest([BLOCKED, BLOCKED, AFTER]);
  expect(await sendMessage(room.context, room.executionId, { node: "n", payload: 1 })).toBeUndefined();
  expect(room.commands).toHaveLength(3);
  const none = contextForTest([BLOCKED]);
  expect(await sendMessage(none.context, none.executionId, { node: "n", payload: 1, waitMs: 5_000 })).toMatchObject({
    code: "RATE_LIMITED",
    retryAfter: 1,
  });
  expect(none.elapsedMs()).toBe(5_000);
  const usual = contextForTest([BLOCKED]);
  await sendMessage(usual.context, usual.executionId, { node: "n", payload: 1 });
  expect(usual.elapsedMs()).toBe(10_000);
});

test("a full mailbox that rejects is said at once, with the time that the object names", async () => {
  const { context, executionId, commands } = contextForTest([{ ...FULL, retryAfter: 7 }]);
  expect(await sendMessage(context, executionId, { node: "n", payload: 1 })).toMatchObject({
    code: "RATE_LIMITED",
    retryAfter: 7,
  });
  expect(commands).toHaveLength(1);
});

test("what changes the course of a run names who did it, and waits for no Postgres: the audit has it from the log", async () => {
  const { context, executionId, commands, audits } = contextForTest([
    AFTER,
    AFTER,
    AFTER,
    AFTER,
    failure("CONFLICT", "It has ended."),
  ]);
  for (const type of ["cancel", "pause", "resume", "shutdown"] as const)
    expect(await steerExecution(context, executionId, { type })).toBe(AFTER);
  expect(await steerExecution(context, executionId, { type: "pause" })).toMatchObject({ code: "CONFLICT" });
  expect(commands[0]).toMatchObject({ type: "cancel", actor: "key_me" });
  expect(await audits()).toEqual([]);
});

test("a decision names who decided with which roles; one who may not is audited, too", async () => {
  const { context, executionId, commands, audits } = contextForTest([
    AFTER,
    failure("FORBIDDEN", "no"),
    failure("CONFLICT", "late"),
  ]);
  expect(await decide(context, executionId, "sign", { decision: "approve" })).toEqual({
    ok: true,
    value: { execution_id: executionId, step: "sign", decision: "approve", by: "key_me", comment: null },
  });
  expect(await decide(context, executionId, "x[1]", { decision: "reject" })).toMatchObject({ code: "FORBIDDEN" });
  expect(await decide(context, executionId, "sign", { decision: "reject" })).toMatchObject({ code: "CONFLICT" });
  expect(commands[0]).toMatchObject({ type: "decide", by: "key_me", roles: ["finance"] });
  expect(await audits()).toEqual([`approval.refused ${executionId}/x[1]`]);
});

test("an id of somebody else's, and one that no object knows, are the same NOT_FOUND", async () => {
  const { context, executionId, foreignId, commands } = contextForTest([null]);
  const foreign = await sendEvent(context, foreignId, EVENT);
  expect(commands).toEqual([]);
  expect(foreign).toMatchObject({ code: "NOT_FOUND" });
  expect(await sendEvent(context, executionId, EVENT)).toEqual(foreign);
});
