/** Names one attempt among all of a tenant: what its calls hold elsewhere is found and given back by it. */
export function attemptName(idempotencyKey: string, attempt: number): string {
  return `${idempotencyKey}#${attempt}`;
}
