/** An execution that failed undid what it did, and so do those that it had started. */
export function isLost(status: string): boolean {
  return status === "failed" || status === "timed_out";
}
