import { childFailure } from "../steps/child-failure.ts";
import { advance } from "../steps/sequence.ts";
import { progressCompensation } from "./compensation.ts";
import { completeRun } from "./ending.ts";
import { progressGraph } from "./graph.ts";
import { tallyOf } from "./state.ts";
import type { Turn } from "./turn.ts";

/** The workflow itself: its steps one after the other, or its graph; or, when it is lost, what it undoes. */
export function progressRoot(turn: Turn): void {
  const { state, plan } = turn;
  if (state.root.wait && !state.graph?.stopping) return;
  if (state.ending) return progressCompensation(turn);
  if (state.graph) return progressGraph(turn);
  const outcome = advance(turn, state.root, "steps", plan.steps);
  const { failure } = tallyOf(state.root, "steps");
  if (outcome === "failed" && failure !== undefined) turn.fail(childFailure(state, failure));
  else if (outcome === "done") completeRun(turn);
}
