/**
 * A fault, and the case that it turns red. `from` stands exactly once in `file`; with `to` in its place the case must fail:
 * `node scripts/with-node.mjs test/threats/see-red.ts T14` sees to it.
 */
export interface Plant {
  /** Or the decision. */
  threat: string;
  /** The test file, and the case in it: the beginning of its name, as it is written there. */
  test: string;
  name: string;
  /** Where the case is written, if that is another file than the one that runs it. */
  within?: string;
  /** What is taken away, in words. */
  fault: string;
  file: string;
  from: string;
  to: string;
  /** Where two places hold each other up, the other one. */
  also?: { file: string; from: string; to: string };
}
