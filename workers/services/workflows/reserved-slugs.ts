/** Words that are paths of the API: a workflow of such a slug could never be read again. */
export const RESERVED_SLUGS: ReadonlySet<string> = new Set(["executions", "validate"]);
