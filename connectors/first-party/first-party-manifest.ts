import type { JsonObject } from "../../engine/json.ts";
import type { ConnectorManifest } from "../manifest/manifest.ts";

interface FunctionAction {
  name: string;
  description: string;
  input: JsonObject;
  output: JsonObject;
}

/** The manifest of a connector whose actions are functions of the toolbox plugin: pure, so always safe to repeat. */
export function toolboxManifest(
  about: { name: string; displayName: string; description: string; categories: string[] },
  actions: FunctionAction[],
): ConnectorManifest {
  return {
    namespace: "community",
    version: "1.0.0",
    kind: "sdk",
    author: "Smartify",
    license: "MIT",
    ...about,
    actions: actions.map((action) => ({
      ...action,
      idempotent: true,
      handler: { kind: "function", function: `${about.name}.${action.name}` },
    })),
  };
}
