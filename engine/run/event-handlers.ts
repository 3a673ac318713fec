import type { Plan } from "../plan/types.ts";
import type { RunState } from "./state.ts";
import type { EngineEvent, StampedEvent } from "./types.ts";

/** What an event of each type does to the state. Handlers change `state` in place and evaluate nothing. */
export type EventHandlers<Type extends EngineEvent["type"]> = {
  readonly [T in Type]: (state: RunState, event: Extract<StampedEvent, { type: T }>, plan: Plan) => void;
};
