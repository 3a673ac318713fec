import { parseXml, XmlElement } from "@rgrove/parse-xml";
import type { Json, JsonObject } from "../../engine/json.ts";

/** The answer of ListObjectsV2 as the action gives it; undefined where the text is something else. */
export function readListing(text: string): JsonObject | undefined {
  const root = rootOf(text);
  if (root?.name !== "ListBucketResult") return undefined;
  const objects = elementsOf(root, "Contents").map((item) => ({
    key: textOf(item, "Key") ?? "",
    size: Number(textOf(item, "Size") ?? 0),
    etag: textOf(item, "ETag") ?? null,
    last_modified: textOf(item, "LastModified") ?? null,
    storage_class: textOf(item, "StorageClass") ?? null,
  }));
  const prefixes = elementsOf(root, "CommonPrefixes").flatMap((item): Json[] => {
    const prefix = textOf(item, "Prefix");
    return prefix === undefined ? [] : [prefix];
  });
  const truncated = textOf(root, "IsTruncated") === "true";
  return { objects, prefixes, truncated, next_token: textOf(root, "NextContinuationToken") ?? null };
}

/** The parser knows no external entities and no document types of its own. */
function rootOf(text: string): XmlElement | undefined {
  try {
    return parseXml(text).root ?? undefined;
  } catch {
    return undefined;
  }
}

function elementsOf(parent: XmlElement, name: string): XmlElement[] {
  return parent.children.flatMap((child) => (child instanceof XmlElement && child.name === name ? [child] : []));
}

function textOf(parent: XmlElement, name: string): string | undefined {
  return elementsOf(parent, name)[0]?.text;
}
