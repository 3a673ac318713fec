import { type Frame, isLoop, type StepPlace } from "./step-places.ts";

/** Why the result of a step cannot be counted on where it is read. */
export type Relation =
  /** The two are never run in the same run, or never in this order. */
  | { kind: "never"; why: string }
  /** The step is repeated, and is read from outside of its iterations. */
  | { kind: "inside_loop"; loop: string }
  /** The two run at the same time. */
  | { kind: "at_once"; of: string };

/**
 * What stands between a reader and the step it reads, within one sequence or one graph node. `reader` is undefined for
 * what is evaluated after all steps. Undefined: the step can have run, and be seen.
 */
export function relationOf(reader: StepPlace | undefined, target: StepPlace): Relation | undefined {
  const level = divergence(reader ?? [], target);
  const here = reader?.[level];
  const there = target[level];
  if (there === undefined) return undefined;
  const over = reader?.slice(level).some((frame) => frame.apart) === true;
  return apart(reader, target) ?? loop(target.slice(level, -1)) ?? between(reader, here, there, over);
}

/** The first level at which the two stand at different places. */
function divergence(reader: StepPlace, target: StepPlace): number {
  let level = 0;
  while (level < target.length && reader[level]?.step === target[level]?.step) level += 1;
  return level;
}

/** Only a compensation sees what compensations did: the rest of the run is over by then. */
function apart(reader: StepPlace | undefined, target: StepPlace): Relation | undefined {
  const frame = target.find((one) => one.apart);
  if (frame === undefined || reader?.some((one) => one.apart)) return undefined;
  if (frame.block === "on_shutdown" && reader === undefined) return undefined;
  const when = frame.block === "compensate" ? "only when the run is failing" : "only when the graph shuts down";
  return { kind: "never", why: `it is a step of ${frame.block}, which runs ${when}` };
}

function loop(around: readonly Frame[]): Relation | undefined {
  const frame = around.find(({ step }) => isLoop(step));
  return frame && { kind: "inside_loop", loop: frame.step.id };
}

/**
 * `here` and `there` stand in different lists of one step, or at different places of one list. `over`: the reader is a
 * compensation, which begins when everything else has ended.
 */
function between(
  reader: StepPlace | undefined,
  here: Frame | undefined,
  there: Frame,
  over: boolean,
): Relation | undefined {
  if (reader === undefined) return undefined;
  const owner = ownerOf(reader, here);
  if (here === undefined) return { kind: "never", why: "it is inside of the very step that reads it" };
  if (here.list === there.list) {
    if (over || here.sequential || here.block === "") return undefined;
    return { kind: "at_once", of: owner?.step.id ?? "" };
  }
  if (here.apart || there.apart) return undefined;
  switch (owner?.step.kind) {
    case "if":
    case "switch":
      return {
        kind: "never",
        why: `"${owner.step.id}" runs either ${words(there.block)} or ${words(here.block)}, never both`,
      };
    case "parallel":
      return over ? undefined : { kind: "at_once", of: owner.step.id };
    case "try":
      return over ? undefined : tryRelation(here.block, there.block);
    default:
      return undefined;
  }
}

function ownerOf(reader: StepPlace, frame: Frame | undefined): Frame | undefined {
  return frame === undefined ? undefined : reader[reader.indexOf(frame) - 1];
}

/** `steps`, then `catch` if they fail, then `finally`. */
function tryRelation(here: string, there: string): Relation | undefined {
  if (here === "steps") return { kind: "never", why: `${there} runs after the steps that are tried` };
  if (here === "catch" && there === "finally") return { kind: "never", why: "finally runs after catch" };
  return undefined;
}

/** "cases/high" → `case "high"`. */
function words(block: string): string {
  const [list, name] = block.split("/", 2);
  return list === "cases" && name !== undefined ? `case "${name}"` : block;
}
