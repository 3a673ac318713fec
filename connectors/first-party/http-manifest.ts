import type { JsonObject } from "../../engine/json.ts";
import type { AuthDeclaration, ConnectorManifest, HttpHandler } from "../manifest/manifest.ts";

/** An action of a service: how it is called, and whether a repetition does harm. */
export interface ServiceAction {
  name: string;
  description: string;
  input: JsonObject;
  output: JsonObject;
  idempotent: boolean;
  timeoutMs?: number;
  /** `METHOD /path`, the path below the service's base URL; or the name of a trusted function. */
  call: string;
  request?: Partial<HttpHandler>;
}

/** What a whole input member is, in a handler. */
export const fromInput = (member: string): string => `\${input.${member}}`;

/** A handler's map of these input members under their own names; those that are absent stay away. */
export function inputMembers(...names: string[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, fromInput(name)]));
}

/** The manifest of a connector to a service. Its actions stand below `baseUrl`, unless the connection names another. */
export function serviceManifest(
  about: {
    name: string;
    version?: string;
    displayName: string;
    description: string;
    categories: string[];
    homepage: string;
    auth?: AuthDeclaration;
    baseUrl?: string;
    headers?: JsonObject;
  },
  actions: ServiceAction[],
): ConnectorManifest {
  const { headers, ...rest } = about;
  return {
    namespace: "community",
    version: "1.0.0",
    kind: "http",
    author: "Smartify",
    license: "MIT",
    ...rest,
    actions: actions.map(({ call, request, ...action }) => {
      const [method = "", path] = call.split(" ");
      if (path === undefined) return { ...action, handler: { kind: "function", function: call } };
      const common = headers === undefined ? {} : { headers };
      return { ...action, handler: { kind: "http", style: "direct", method, url: path, ...common, ...request } };
    }),
  };
}
