import type { RunError } from "../errors.ts";
import type { RunState } from "../run/state.ts";

/** The error of a container that fails with its child at `path`: the child's own, saying once which step it was. */
export function childFailure(state: RunState, path: string): RunError {
  const error = state.instances.get(path)?.error;
  if (!error) throw new Error(`${path} failed without an error`);
  return { ...error, details: { step: path, ...error.details } };
}
