import { expect } from "vitest";
import type { callerOf, Reply } from "./webhook-world.ts";

export const ADD = {
  name: "Sum",
  outputs: { sum: { value: "{{ steps.add.output.result }}" } },
  steps: [{ id: "add", connector: "calculator", action: "add", input: { a: 1, b: 2 } }],
};
export const FAILS = {
  name: "Fails",
  steps: [{ id: "divide", connector: "calculator", action: "divide", input: { a: 1, b: 0 } }],
};

/** What these tests do again and again. */
export interface Acts {
  /** Runs `ADD` to its end; answers its id. */
  run(more?: object): Promise<string>;
  /** Makes an endpoint at a path of the receiver; answers it with its secret. */
  endpoint(path: string, eventTypes: string[], more?: object): Promise<Reply["body"]>;
}

export function actsOf(call: ReturnType<typeof callerOf>): Acts {
  return {
    async run(more = {}) {
      const started = await call("POST", "/workflows/executions", { definition: ADD, execution_mode: "sync", ...more });
      expect(started.status, JSON.stringify(started.body)).toBe(200);
      return started.body.execution_id;
    },
    async endpoint(path, eventTypes, more = {}) {
      const body = { url: `https://hooks.test${path}`, event_types: eventTypes, ...more };
      const made = await call("POST", "/webhooks/endpoints", body);
      expect(made.status, JSON.stringify(made.body)).toBe(201);
      return made.body;
    },
  };
}
