import { encodeBase32 } from "../../../contracts/base32.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import type { ExecutionRecord } from "../../../contracts/execution.ts";
import type { RunCommand } from "../../../engine/run/types.ts";
import type { Context, Ports } from "../context.ts";
import { Placement } from "../../../contracts/placement.ts";

const CALLER = {
  keyId: "key_me",
  tenantId: "ten_a",
  environment: "test",
  scopes: [],
  roles: ["finance"],
  permissions: [],
} as const;

/** What the scripted object does with a command: answers it, or breaks under it as a reset object does. */
export type Scripted = Result<ExecutionRecord> | null | "reset";

/** A context whose only object answers by a script (its last line again and again), and whose clock moves when it waits. */
export function contextForTest(script: readonly Scripted[]) {
  const commands: RunCommand[] = [];
  const audited: { action: string; subject: string }[] = [];
  const tasks: Promise<unknown>[] = [];
  let now = 1_000_000;
  let drawn = 0;
  const placement = new Placement(new Uint8Array(32));
  const { executionId } = placement.place(CALLER, { kind: "cell", now, random: new Uint8Array(8) });
  const act = async (_id: string, command: RunCommand) => {
    const answer = script[Math.min(commands.length, script.length - 1)] ?? null;
    commands.push(command);
    if (answer === "reset") throw Object.assign(new Error("the object was reset"), { durableObjectReset: true });
    return answer;
  };
  const ports = {
    placement,
    cell: () => ({ act }),
    now: () => now,
    wait: async (ms: number) => {
      now += ms;
    },
    random: (count: number) => new Uint8Array(count).fill(++drawn),
    database: {
      insert: () => ({
        values: (row: { action: string; subject: string }) => ({
          onConflictDoNothing: async () => {
            audited.push(row);
          },
        }),
      }),
    },
  };
  const context: Context = {
    ports: ports as unknown as Ports,
    caller: CALLER,
    background: (task) => void tasks.push(task),
  };
  return {
    context,
    executionId,
    foreignId: `${executionId.slice(0, -8)}${encodeBase32(new Uint8Array(5))}`,
    commands,
    audits: async () => {
      await Promise.all(tasks);
      return audited.map(({ action, subject }) => `${action} ${subject}`);
    },
    elapsedMs: () => now - 1_000_000,
  };
}

/** The record after an act. */
export const AFTER = success({ execution_id: "exec_x", status: "running" } as ExecutionRecord);
