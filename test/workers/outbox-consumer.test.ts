import { expect, test, vi } from "vitest";
import type { OutboxHint } from "../../contracts/outbox-hint.ts";
import type { Ports } from "../../workers/services/context.ts";
import { consumeOutbox } from "../../workers/queues/outbox-consumer.ts";

/* Hints of a queue that repeats, reorders and loses: what fails is put off by itself, and hinders nobody (F14 to F16). */

interface Taken {
  acked: string[];
  retried: string[];
  read: string[];
}

/** Ports whose cells have nothing to read, but for those that cannot be reached. */
function portsOf(away: readonly string[], read: string[]): Ports {
  const cell = (name: string) => ({
    readOutbox: async () => {
      read.push(name);
      if (away.includes(name)) throw Object.assign(new Error("the cell cannot be reached"), { remote: true });
      return { rows: [], last: 0, metered: [], more: false };
    },
  });
  // Nothing else of the world is asked where there are no rows.
  return { cell } as unknown as Ports;
}

async function consume(cells: string[], away: readonly string[] = []): Promise<Taken> {
  const taken: Taken = { acked: [], retried: [], read: [] };
  const messages = cells.map((cell) => ({
    body: { cell },
    ack: () => taken.acked.push(cell),
    retry: () => taken.retried.push(cell),
  }));
  const batch = { messages } as unknown as MessageBatch<OutboxHint>;
  await consumeOutbox(batch, portsOf(away, taken.read), () => undefined);
  return taken;
}

test("a hint that cannot be followed is put off, and the others of its batch are done", async () => {
  const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const { acked, retried } = await consume(["a", "poison", "b"], ["poison"]);
  expect([acked, retried]).toEqual([["a", "b"], ["poison"]]);
  expect(String(errors.mock.calls[0]?.[0])).toContain("outbox not drained");
  errors.mockRestore();
});

test("a hint that comes twice, in whatever order, is followed once a batch and done with every time", async () => {
  expect(await consume(["a", "b", "a", "a"])).toEqual({ acked: ["a", "b", "a", "a"], retried: [], read: ["a", "b"] });
  expect((await consume(["b", "a"])).acked).toEqual(["b", "a"]);
});
