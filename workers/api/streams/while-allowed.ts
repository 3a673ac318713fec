import type { Access } from "../middleware/access.ts";
import { whenAborted } from "./when-aborted.ts";

/** With what an isolate may still know of a key, a revocation ends a stream within 20 s (section 20 allows 30). */
const CHECK_MS = 10_000;

/** A signal that is aborted when `open` is, or when the key behind an open stream is revoked. */
export function whileAllowed({ holds }: Access, open: AbortSignal): AbortSignal {
  const revoked = new AbortController();
  const timer = setInterval(() => {
    // A key that cannot be asked about is not revoked: what is open stays open while its object is away.
    holds().then(
      (still) => {
        if (!still) revoked.abort("revoked");
      },
      () => undefined,
    );
  }, CHECK_MS);
  const either = AbortSignal.any([open, revoked.signal]);
  whenAborted(either, () => clearInterval(timer));
  return either;
}
