/** A secret that a call may not read looks as one that is not there: who may read it is not the call's business. */
export function unsetSecret(name: string): string {
  return `The secret ${name} is not set, or its scope leaves this call out: GET /secrets/${name} shows who may read it`;
}
