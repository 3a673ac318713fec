/** An invariant of the engine that does not hold. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** Fails the simulation unless `holds`. */
export function must(holds: boolean, what: () => string): asserts holds {
  if (!holds) throw new Violation(what());
}
