import { expect, test } from "vitest";
import { TaskTokens } from "../../../../contracts/task-token.ts";
import type { Ports } from "../../../services/context.ts";
import { AddressLimiter } from "../../../services/requests/address-limiter.ts";
import { completeTask } from "./complete.ts";
import { failTask } from "./fail.ts";
import { heartbeatTask } from "./heartbeat.ts";
import { progressTask } from "./progress.ts";

/** A platform without a task. */
function platform() {
  const world = { now: 1_000_000 };
  const ports = {
    addresses: new AddressLimiter(),
    now: () => world.now,
    deployment: "production",
    taskTokens: new TaskTokens(new Uint8Array(32)),
  } as unknown as Ports;
  const send = async (door: typeof completeTask, verb: string, token: string) => {
    const request = new Request(`https://api.test/tasks/${token}/${verb}`, {
      method: "POST",
      headers: { "content-type": "application/json", "cf-connecting-ip": "203.0.113.9" },
      body: "{}",
    });
    const answer = await door.handle({ ports, request, openApi: () => ({}) });
    return "code" in answer ? answer.code : answer.status;
  };
  return { world, send };
}

test.each([
  ["complete", completeTask],
  ["fail", failTask],
  ["heartbeat", heartbeatTask],
  ["progress", progressTask],
] as const)(
  "a token that cannot be decoded names no task to %s, and counts as one that is none",
  async (verb, door) => {
    const { world, send } = platform();
    for (const token of ["%zz", "%", "a%ff", "%ED%A0%80", "task_forged"])
      expect([token, await send(door, verb, token)]).toEqual([token, "NOT_FOUND"]);
    for (let sent = 5; sent < 200; sent += 1) await send(door, verb, "%zz");
    expect(await send(door, verb, "%zz")).toBe("RATE_LIMITED");
    world.now += 1_000;
    expect(await send(door, verb, "%zz")).toBe("NOT_FOUND");
  },
);
