import type { Json, JsonObject } from "../../engine/json.ts";
import type { ConnectorManifest, Handler } from "./manifest.ts";

/** A handler as files write it: `{http: {…}}`, and `{function: name}` or `{command, …}` for those whose name is a text. */
function handlerBlock({ kind, ...members }: Handler): object {
  return kind === "function" || kind === "command" ? members : { [kind]: members };
}

/** What JSON can say of a value: absent members are left out. */
function asJson(value: object): Json {
  return JSON.parse(JSON.stringify(value));
}

/**
 * The connector file of a manifest (language document, section 7): `{connector, actions}`, which reads as that manifest
 * again. For a connector that was never published as a text; durations stand in milliseconds.
 */
export function connectorFile({ actions, auth, ...connector }: ConnectorManifest): JsonObject {
  // Options of an auth type stand beside it in a file.
  const { options, ...declared } = auth ?? {};
  return {
    connector: asJson({
      type: "connector",
      ...connector,
      ...(auth === undefined ? {} : { auth: { ...declared, ...options } }),
    }),
    actions: asJson(actions.map((action) => ({ ...action, handler: handlerBlock(action.handler) }))),
  };
}
