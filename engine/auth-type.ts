/** How a connection signs in (section 9): the words of the language document, and of the original specification. */
export const AUTH_TYPES = [
  "API_KEY",
  "BASIC",
  "BEARER",
  "OAUTH2",
  "CUSTOM_HEADER",
  "AWS_SIGV4",
  "MTLS",
  "CUSTOM",
  "NONE",
] as const;
export type AuthType = (typeof AUTH_TYPES)[number];

/** Every accepted spelling, without case and separators. */
const SPELLINGS: ReadonlyMap<string, AuthType> = new Map([
  ...AUTH_TYPES.map((type) => [folded(type), type] as const),
  ["oauth", "OAUTH2"],
]);

/** The auth type of any spelling (`apiKey`, `API_KEY`, `api-key`); undefined when it is none. */
export function authType(written: string): AuthType | undefined {
  return SPELLINGS.get(folded(written));
}

function folded(written: string): string {
  return written.toLowerCase().replaceAll(/[_\-\s]/g, "");
}
