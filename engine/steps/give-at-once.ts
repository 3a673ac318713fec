import type { Json } from "../json.ts";
import { outputRefusal } from "../run/payload-limit.ts";
import type { Turn } from "../run/turn.ts";

/** A step that is done as soon as it is opened. */
export function giveAtOnce(turn: Turn, path: string, output: Json): void {
  turn.emit({ type: "step.started", path, attempt: 0 });
  const instance = turn.state.open.get(path);
  const error = outputRefusal(output);
  if (error) turn.emit({ type: "step.failed", path, error });
  else if (instance) turn.settle(instance, output);
}
