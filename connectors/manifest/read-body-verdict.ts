import { type BlockReader, withoutUndefined } from "../../engine/definition/block-reader.ts";
import { queryJson } from "../../engine/steps/transform/query-json.ts";
import type { HttpHandler } from "./manifest.ts";

type Response = NonNullable<HttpHandler["response"]>;

/** `response.success`: a JSONPath, or `{path, code}`. */
export function readSuccess(block: BlockReader, owner: string): Response["success"] {
  const member = block.member(["success"]);
  if (member === undefined) return undefined;
  if (typeof block.json(["success"]) === "string") {
    const path = readPath(block, "success");
    return path === undefined ? undefined : { path };
  }
  const inner = block.inside(member);
  if (inner === undefined) return undefined;
  if (!inner.has("path")) inner.missing("path", `in response.success of ${owner}`);
  const path = readPath(inner, "path");
  const code = readPath(inner, "code");
  inner.finish(`response.success of ${owner}`);
  return path === undefined ? undefined : withoutUndefined({ path, code });
}

/** `response.usage`: where the service says how many tokens it counted. */
export function readUsage(block: BlockReader, owner: string): Response["usage"] {
  const member = block.member(["usage"]);
  const inner = member && block.inside(member);
  if (inner === undefined) return undefined;
  const usage = { input_tokens: readPath(inner, "input_tokens"), output_tokens: readPath(inner, "output_tokens") };
  inner.finish(`response.usage of ${owner}`);
  return withoutUndefined(usage);
}

function readPath(block: BlockReader, name: string): string | undefined {
  const member = block.member([name]);
  const text = block.text([name]);
  if (member === undefined || text === undefined) return undefined;
  if (text.startsWith("$") && queryJson(text, null).ok) return text;
  block.context.refuse(member, `${name} must be a JSONPath that begins with $`);
  return undefined;
}
