import { expect, test } from "vitest";
import type { Context, Ports } from "../context.ts";
import { leaseStream } from "./stream-lease.ts";

/** A tenant object that writes down which streams are open. */
function contextOver(open: Set<string>): { context: Context; settled(): Promise<unknown> } {
  const tasks: Promise<unknown>[] = [];
  const tenant = {
    leaseStream: async ({ streamId }: { streamId: string }) => ({ ok: true, value: void open.add(streamId) }),
    returnStream: async (streamId: string) => void open.delete(streamId),
  };
  const ports = { tenant: () => tenant, random: (count: number) => new Uint8Array(count).fill(7) };
  const caller = { keyId: "key_a", tenantId: "ten_a", environment: "test", scopes: [], roles: [], permissions: [] };
  const context = {
    ports: ports as unknown as Ports,
    caller,
    background: (task: Promise<unknown>) => tasks.push(task),
  };
  return { context: context as unknown as Context, settled: () => Promise.all(tasks) };
}

test("a place whose stream could not be opened is free again, and what went wrong is told", async () => {
  const open = new Set<string>();
  const { context, settled } = contextOver(open);
  const held = await leaseStream(context);
  if (!held.ok) throw new Error("there was no place");
  expect(open.size).toBe(1);
  await expect(held.value.during(Promise.reject(new Error("the object was reset")))).rejects.toThrow("reset");
  await settled();
  expect(open.size).toBe(0);
});

test("a place whose stream is open stays taken until that is over", async () => {
  const open = new Set<string>();
  const { context, settled } = contextOver(open);
  const held = await leaseStream(context);
  if (!held.ok) throw new Error("there was no place");
  expect(await held.value.during(Promise.resolve("opened"))).toBe("opened");
  expect(open.size).toBe(1);
  held.value.end();
  await settled();
  expect(open.size).toBe(0);
});
