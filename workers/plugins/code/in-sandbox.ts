interface Present {
  /** No other call was in the sandbox while this one was. */
  alone: boolean;
}

const present = new Set<Present>();

/** Calls that are in the sandbox now. What took all its memory is known for certain only of a call that was alone in it. */
export async function inSandbox<Value>(run: (alone: () => boolean) => Promise<Value>): Promise<Value> {
  const self: Present = { alone: present.size === 0 };
  for (const other of present) other.alone = false;
  present.add(self);
  try {
    return await run(() => self.alone);
  } finally {
    present.delete(self);
  }
}
