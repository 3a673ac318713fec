import type { Json } from "./json.ts";

/**
 * JSON text that is equal for equal values: members sorted by code unit, no blanks, numbers and texts as JSON prints them
 * (RFC 8785, for whatever `JSON.parse` gives). Two bodies that differ only in member order or blanks give the same text.
 */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(member)}`);
  }
  return `{${members.join(",")}}`;
}
