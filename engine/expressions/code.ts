import type { Read, Run } from "./run.ts";

export type Reader = (run: Run) => Read;

/** A compiled node. */
export interface Code {
  read: Reader;
  /** It reads no root, no local and nothing recorded: it always gives the same. */
  constant: boolean;
  /** The value, where it is known while compiling. */
  folded?: { value: Read };
  /** Levels of nesting that the value it builds may have. */
  depth: number;
}

export function literal(value: Read, depth = 0): Code {
  return { read: () => value, constant: true, folded: { value }, depth };
}

/** A node over children: constant when they all are, as deep as the deepest. */
export function over(children: readonly Code[], read: Reader, nests = 0): Code {
  const depth = children.reduce((deepest, child) => Math.max(deepest, child.depth), 0);
  return { read, constant: children.every((child) => child.constant), depth: depth + nests };
}
