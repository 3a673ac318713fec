import type { RunError } from "../../../../engine/errors.ts";

/** Thrown through the SDK, which wraps or passes it on: what became of a request before the protocol came to it. */
export class ServerRefused extends Error {
  readonly failure: RunError;
  readonly permanent: boolean;
  /** It may have been reached. */
  readonly unknown: boolean;

  constructor(failure: RunError, permanent = false, unknown = false) {
    super(failure.message);
    this.failure = failure;
    this.permanent = permanent;
    this.unknown = unknown;
  }
}
