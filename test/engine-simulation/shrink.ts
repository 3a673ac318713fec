import type { StepDefinition, WorkflowDefinition } from "../../engine/definition/types.ts";
import { type Simulated, simulateSeed } from "./simulate-seed.ts";

/** Members that a step can be without. */
const OPTIONAL = [
  "condition",
  "forEach",
  "retry",
  "timeoutMs",
  "authorization",
  "guardrails",
  "cache",
  "compensate",
  "onShutdown",
  "set",
  "keep",
  "mailbox",
  "everyMs",
  "input",
  "maxConcurrency",
  "continueOnError",
  "else",
  "default",
  "catch",
  "finally",
] as const;
const OPTIONAL_OF_ALL = ["authorization", "budget", "retry", "timeoutMs"] as const;

type Shape = Record<string, unknown>;

/** A smaller workflow that fails for the same reason under the same seed: steps and members are left out while it does. */
export function shrink(failed: Simulated): Simulated {
  let smallest = failed;
  for (let shrunk = true; shrunk; ) {
    shrunk = false;
    for (const smaller of smallerOnes(smallest.definition)) {
      const again = attempt(failed, smaller);
      if (!again) continue;
      smallest = again;
      shrunk = true;
      break;
    }
  }
  return smallest;
}

function attempt(failed: Simulated, definition: WorkflowDefinition): Simulated | undefined {
  try {
    const again = simulateSeed(failed.seed, definition);
    return reason(again.failure) === reason(failed.failure) ? again : undefined;
  } catch {
    // It does not even compile: too much was left out.
    return undefined;
  }
}

/** A failure without the names and numbers in it. */
function reason(failure: string | undefined): string | undefined {
  return failure?.split("\n")[0]?.replace(/\bs\d+\S*|\d+/g, "*");
}

function* smallerOnes(definition: WorkflowDefinition): Generator<WorkflowDefinition> {
  for (const name of OPTIONAL_OF_ALL) {
    if (definition[name] !== undefined) yield { ...definition, [name]: undefined };
  }
  const lists = listsOf(definition).length;
  for (let list = 0; list < lists; list++) {
    const { length } = listsOf(definition)[list] ?? [];
    for (let at = length - 1; at >= 0; at--) yield edited(definition, list, (steps) => void steps.splice(at, 1));
    for (let at = 0; at < length; at++) {
      const step = listsOf(definition)[list]?.[at];
      for (const name of OPTIONAL) {
        if (step && name in step)
          yield edited(definition, list, (steps) => void Reflect.deleteProperty(steps[at] ?? {}, name));
      }
    }
  }
}

/** A copy with one of its lists of steps changed; edges of nodes that are gone go, too. */
function edited(
  definition: WorkflowDefinition,
  list: number,
  edit: (steps: StepDefinition[]) => void,
): WorkflowDefinition {
  const copy = structuredClone(definition);
  const steps = listsOf(copy)[list];
  if (steps) edit(steps);
  if (copy.graph) {
    const ids = new Set(copy.graph.nodes.map(({ id }) => id));
    copy.graph.edges = copy.graph.edges.filter(({ from, to }) => ids.has(from) && ids.has(to));
    if (copy.graph.start !== undefined && !ids.has(copy.graph.start)) delete copy.graph.start;
  }
  return copy;
}

/** Every list of steps in a workflow, at any depth. */
function listsOf(definition: WorkflowDefinition): StepDefinition[][] {
  const lists: StepDefinition[][] = [];
  const collect = (shape: unknown): void => {
    if (typeof shape !== "object" || shape === null) return;
    if (Array.isArray(shape) && shape.length > 0 && shape.every((one) => typeof one?.kind === "string"))
      lists.push(shape);
    for (const member of Object.values(shape as Shape)) collect(member);
  };
  collect(definition.graph ?? definition.steps);
  return lists;
}
