const NAME = "[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?";
const RANGE = "[0-9A-Za-z.*^~<>=|+-]+";
/** What a connector reference looks like, as the source of a regular expression. */
export const CONNECTOR_REFERENCE = `(?:connector:)?(?:(${NAME})(?:/|--))?(${NAME})(?:@(${RANGE}))?`;
const REFERENCE = new RegExp(`^${CONNECTOR_REFERENCE}$`);

/** A connector as a workflow names it: `connector:<namespace>/<name>@<range>`, or the slug of an installed one. */
export interface ConnectorReference {
  namespace?: string;
  name: string;
  /** An exact version or a range; absent: the installed one. */
  range?: string;
}

/** The parts of a connector reference; undefined when it is none. */
export function parseConnectorReference(reference: string): ConnectorReference | undefined {
  const match = REFERENCE.exec(reference);
  const [, namespace, name, range] = match ?? [];
  if (name === undefined) return undefined;
  return { name, ...(namespace === undefined ? {} : { namespace }), ...(range === undefined ? {} : { range }) };
}

/** What is wrong with a connector reference, if anything. */
export function connectorReferenceProblem(reference: string): string | undefined {
  if (parseConnectorReference(reference) !== undefined) return undefined;
  return `"${reference.slice(0, 100)}" is not a connector: write connector:<namespace>/<name>@<version>, or the slug of an installed one`;
}
