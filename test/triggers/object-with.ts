import type { Firing, FiringOutcome, TriggerEvent } from "../../contracts/triggers-rpc.ts";
import type { JsonObject } from "../../engine/json.ts";
import { OWNER, SimulatedTriggers, START, storedTrigger } from "./simulated-triggers.ts";

const HOUR_MS = 3_600_000;

type Answer = (firing: Firing, now: number) => FiringOutcome;

/** An object whose platform starts everything at once, or answers as it is told. */
export function objectWith(answer?: Answer) {
  const starts: (Firing & { at: number })[] = [];
  let widest = 0;
  let underWay = 0;
  const object = new SimulatedTriggers({
    kill: () => false,
    async start(firings) {
      underWay += 1;
      widest = Math.max(widest, underWay);
      await object.pause(5);
      underWay -= 1;
      return firings.map((firing) => {
        const outcome = answer?.(firing, object.clock.now()) ?? { kind: "started", executionId: `exec_${firing.key}` };
        if (outcome.kind === "started") starts.push({ ...firing, at: object.clock.now() });
        return outcome;
      });
    },
  });
  const put = (id: string, config: JsonObject, changed = {}) =>
    object.ask((board) => board.put(OWNER, [storedTrigger(id, config, changed)]));
  const publish = (id: string, payload: JsonObject, more: Partial<TriggerEvent> = {}) => {
    const event = { id, name: "paid", source: "api", payload, at: object.clock.now(), depth: 0, ...more };
    return object.ask((board) => board.publish(event));
  };
  const deliver = (callId: string, names: string[] = []) =>
    object.ask((board) =>
      board.deliver({ triggerId: "hook", names, rememberMs: HOUR_MS, callId, at: object.clock.now(), came: {} }),
    );
  /** When each was started, in seconds since the beginning. */
  const seconds = () => starts.map(({ at }) => Math.floor((at - START) / 1_000));
  return { object, starts, put, publish, deliver, seconds, widest: () => widest };
}
