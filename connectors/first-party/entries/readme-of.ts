import { type Json, type JsonObject, isObject } from "../../../engine/json.ts";
import type { ConnectorManifest } from "../../manifest/manifest.ts";
import type { ConnectorEntry } from "./entry.ts";

/** The documentation of a connector: what was written about it, and what its manifest and its examples say. */
export function readmeOf(manifest: ConnectorManifest, { about, examples }: ConnectorEntry): string {
  const actions = manifest.actions.map(({ name, description = "", input }) => {
    const shown = examples.filter(({ action }) => action === name);
    const blocks = shown.map(({ title, input: given, output }) => `${title}:\n\n${block({ input: given, output })}`);
    return [`### ${name}`, description, members(input), ...blocks].filter((part) => part !== "").join("\n\n");
  });
  return [`# ${manifest.displayName}`, `${manifest.description}.`, about, "## Actions", ...actions]
    .join("\n\n")
    .concat("\n");
}

function block(value: JsonObject): string {
  return `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;
}

function members(schema: JsonObject | undefined): string {
  const properties = Object.entries(isObject(schema?.properties) ? schema.properties : {});
  if (properties.length === 0) return "";
  const required = Array.isArray(schema?.required) ? schema.required : [];
  const rows = properties.map(([name, member]) => {
    const about = isObject(member) ? member : {};
    const notes = [
      required.includes(name) ? "required" : "",
      about.default === undefined ? "" : `default \`${JSON.stringify(about.default)}\``,
      about["x-secret"] === true ? "may be a secret" : "",
      Array.isArray(about.enum) ? about.enum.map((value) => `\`${asCell(value)}\``).join(", ") : "",
    ].filter((note) => note !== "");
    return `| \`${name}\` | ${asCell(about.description ?? "")} | ${notes.join("; ").replaceAll("|", "\\|")} |`;
  });
  return ["| member | what it is | |", "|---|---|---|", ...rows].join("\n");
}

function asCell(value: Json): string {
  return (typeof value === "string" ? value : JSON.stringify(value)).replaceAll("|", "\\|");
}
