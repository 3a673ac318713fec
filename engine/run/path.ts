/*
 * Run-time paths: the static address with an index for every loop iteration. `outer` is the loop, `outer[2]` its third
 * iteration, `outer[2].send` a step in it. Both the loop and its iterations have the address `outer`.
 */

const INDEX = /\[\d+\]/g;

/** The static address of a run-time path. */
export function addressOf(path: string): string {
  return path.includes("[") ? path.replace(INDEX, "") : path;
}

/** The path of a child step of `parent` (the root's path is empty). */
export function childPath(parent: string, id: string): string {
  return parent === "" ? id : `${parent}.${id}`;
}

/** The path of an iteration of the loop at `loop`. */
export function iterationPath(loop: string, index: number): string {
  return `${loop}[${index}]`;
}

/**
 * The path at which the step with static address `address` is found when it is looked up from inside `from`: the
 * iterations that both share are the ones `from` is in.
 */
export function resolvePath(address: string, from: string): string {
  if (!from.includes("[")) return address;
  const here = from.split(".");
  const there = address.split(".");
  let shared = true;
  return there
    .map((id, depth) => {
      const segment = here[depth];
      if (!shared || segment === undefined || depth === there.length - 1) return id;
      const bracket = segment.indexOf("[");
      shared = (bracket < 0 ? segment : segment.slice(0, bracket)) === id;
      return shared ? segment : id;
    })
    .join(".");
}
