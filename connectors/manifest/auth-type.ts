import type { AuthType } from "./manifest.ts";

/** Every accepted spelling of an auth type, without case and separators. */
const SPELLINGS: Readonly<Record<string, AuthType>> = {
  apikey: "API_KEY",
  basic: "BASIC",
  bearer: "BEARER",
  oauth2: "OAUTH2",
  oauth: "OAUTH2",
  customheader: "CUSTOM_HEADER",
  mtls: "MTLS",
  custom: "CUSTOM",
  none: "NONE",
};

/** The auth type of any spelling (`apiKey`, `API_KEY`, `api-key`); undefined when it is none. */
export function authType(written: string): AuthType | undefined {
  const folded = written.toLowerCase().replaceAll(/[_\-\s]/g, "");
  return Object.hasOwn(SPELLINGS, folded) ? SPELLINGS[folded] : undefined;
}
