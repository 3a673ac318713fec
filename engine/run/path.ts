/*
 * Run-time paths: the static address with what says which time it is. `outer` is the loop, `outer[2]` its third iteration,
 * `outer[2].send` a step in it; `node@3` the third visit of a graph node, `node@shutdown` its `on_shutdown`; `block~2.send`
 * a step in the second try of a block. All of them have the address `outer.send`, `node`, `block.send`.
 */

const MARKS = /\[\d+\]|@\w+|~\d+/g;
const MARK = /[[@~]/;
const SHUTDOWN = "@shutdown";

/** The static address of a run-time path. */
export function addressOf(path: string): string {
  return MARK.test(path) ? path.replace(MARKS, "") : path;
}

/** True when a path says which time it is anywhere. */
export function isMarked(path: string): boolean {
  return MARK.test(path);
}

/** The id in a segment of a path. */
export function idOf(segment: string): string {
  const at = segment.search(MARK);
  return at < 0 ? segment : segment.slice(0, at);
}

/** The path of a child step of `parent` (the root's path is empty), in the `pass`th try of its block. */
export function childPath(parent: string, id: string, pass = 1): string {
  if (parent === "") return id;
  return pass > 1 ? `${parent}~${pass}.${id}` : `${parent}.${id}`;
}

/** The path of an iteration of the loop at `loop`. */
export function iterationPath(loop: string, index: number): string {
  return `${loop}[${index}]`;
}

/** The path of a graph node's visit, counted from 1. */
export function visitPath(node: string, visit: number): string {
  return visit > 1 ? `${node}@${visit}` : node;
}

/** Where a node's `on_shutdown` runs. */
export function shutdownPath(node: string): string {
  return node + SHUTDOWN;
}

export function isShutdown(path: string): boolean {
  return path.endsWith(SHUTDOWN);
}

/** The path of the enclosing instance, and the position in it of an iteration. */
export function enclosing(path: string): { parent: string; index?: number } {
  if (path.endsWith("]")) {
    const bracket = path.lastIndexOf("[");
    return { parent: path.slice(0, bracket), index: Number(path.slice(bracket + 1, -1)) };
  }
  const dot = path.lastIndexOf(".");
  if (dot < 0) return { parent: "" };
  const parent = path.slice(0, dot);
  const pass = /~\d+$/.exec(parent);
  return { parent: pass ? parent.slice(0, pass.index) : parent };
}

/** Loop levels of the last segment: how often its step is iterated at this path. */
export function loopDepth(path: string): number {
  if (!path.endsWith("]")) return 0;
  const segment = path.slice(path.lastIndexOf(".") + 1);
  return segment.split("[").length - 1;
}

/** True when `path` lies inside the instance at `container`, at any depth. */
export function isInside(path: string, container: string): boolean {
  if (container === "") return true;
  if (!path.startsWith(container)) return false;
  const next = path[container.length];
  return next === "." || next === "[" || next === "~";
}
