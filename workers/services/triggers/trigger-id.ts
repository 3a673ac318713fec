import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { encodeBase32 } from "../../../contracts/base32.ts";
import { ID_PREFIX } from "../../../contracts/ids.ts";
import type { Owner } from "../../../contracts/placement.ts";

/**
 * The id of a trigger of a workflow file: the same for the same `id` or `name` in every version, so that the newest takes the
 * place of the one before, and what was paused stays so. Without either, its number among those of its type counts.
 */
export function publishedTriggerId({ tenantId, environment }: Owner, slug: string, key: string): string {
  const text = JSON.stringify(["trigger", tenantId, environment, slug, key]);
  return ID_PREFIX.trigger + encodeBase32(sha256(utf8ToBytes(text)).subarray(0, 16));
}
