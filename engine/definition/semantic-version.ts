/** What an exact semantic version looks like. */
export const SEMANTIC_VERSION =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/;

/** True for an exact semantic version (semver.org 2.0.0): `1.0.0`, `2.1.0-beta.1`. */
export function isSemanticVersion(text: string): boolean {
  return text.length <= 100 && SEMANTIC_VERSION.test(text);
}
