/** Calls `then` once, when a signal is aborted: now, where that was before anybody listened. */
export function whenAborted(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then();
  else signal.addEventListener("abort", then, { once: true });
}
