/** Nobody waits for this attempt any more, and what it would do next is not done: no answer, and nothing that a service did wrong. */
export class AttemptOver extends Error {
  constructor() {
    super("the attempt is over");
    this.name = "AttemptOver";
  }
}
