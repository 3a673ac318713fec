import { expect, vi } from "vitest";
import type { CheckedAnswer, CheckedClient } from "./checked-client.ts";

/** What tests of acts do with runs, under one key. */
export function runClient(call: CheckedClient, key: string) {
  const get = (id: string): Promise<CheckedAnswer> => call(key, "GET", `/workflows/executions/${id}`);

  return {
    get,
    /** Starts an inline definition; answers the id. */
    async start(definition: object, more: object = {}): Promise<string> {
      const started = await call(key, "POST", "/workflows/executions", { body: { definition, ...more } });
      expect(started, JSON.stringify(started.body)).toMatchObject({ status: 202 });
      return String(started.body.execution_id);
    },
    act: (id: string, act: string, body?: object): Promise<CheckedAnswer> =>
      call(key, "POST", `/workflows/executions/${id}/${act}`, body === undefined ? {} : { body }),
    /** Waits until the record looks like this; how long that may take is the runner's business. */
    async until(id: string, record: object): Promise<void> {
      await vi.waitFor(async () => expect((await get(id)).body).toMatchObject(record), {
        timeout: 40_000,
        interval: 50,
      });
    },
    /** Who did what to it, by its log. */
    async acts(id: string): Promise<[type: string, actor: string][]> {
      const page = JSON.parse((await call(key, "GET", `/workflows/executions/${id}/history`)).text);
      return page.data.flatMap(({ type, data }: { type: string; data: { actor?: string } }) =>
        data.actor === undefined || type === "workflow.started" ? [] : [[type, data.actor]],
      );
    },
    async end(id: string): Promise<CheckedAnswer["body"]> {
      return (await call(key, "GET", `/workflows/executions/${id}?wait=50`)).body;
    },
  };
}

/** Waits for one event. */
export function waitFor(event: string, more: object = {}) {
  return { id: "gate", type: "wait", until: { event, ...more } };
}

/** A long-running graph of one node, whose visits each take an event `go` to end. */
export function slowGraph(mailbox: object) {
  return {
    name: "Slow graph",
    mode: "long_running",
    budget: { max_seconds: 600 },
    nodes: [{ id: "clerk", type: "wait", until: { event: "go" }, mailbox }],
  };
}

/** Adds two numbers. */
export const ADD = { id: "add", connector: "connector:community/calculator@1", action: "add", input: { a: 1, b: 2 } };
