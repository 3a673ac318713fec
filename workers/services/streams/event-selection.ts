import { isWantedType } from "../../../contracts/event-types.ts";
import type { ExecutionEvent } from "../../../contracts/execution-event.ts";
import type { EventLine } from "../../../contracts/stream-frames.ts";

/** Which events of an execution a reader wants. */
export interface EventSelection {
  /** Each list must name the type; null passes all. */
  types: readonly (readonly string[] | null)[];
  /** A step's path or id: its own events, those of its iterations and visits, and what is inside of it. */
  step?: string;
}

/** `fetch[2]`, `node@3`, `block~2.send` without what a run adds. */
function address(path: string): string {
  return path.replaceAll(/(?:\[\d+\]|@\d+|~\d+)/g, "");
}

function isOfStep(path: string | null, step: string): boolean {
  if (path === null) return false;
  if (path === step || (path.startsWith(step) && /^[.[@~]/.test(path.slice(step.length)))) return true;
  return `.${address(path)}.`.includes(`.${step}.`);
}

function wantsType({ types }: EventSelection, type: string): boolean {
  return types.every((list) => list === null || isWantedType(list, type));
}

export function wantsEvent(selection: EventSelection, event: ExecutionEvent): boolean {
  return (
    wantsType(selection, event.type) && (selection.step === undefined || isOfStep(event.step_path, selection.step))
  );
}

/** The same of a serialised event, which is read only when its step matters. */
export function wantsLine(selection: EventSelection, { type, json }: EventLine): boolean {
  if (!wantsType(selection, type)) return false;
  return selection.step === undefined || wantsEvent(selection, JSON.parse(json) as ExecutionEvent);
}
