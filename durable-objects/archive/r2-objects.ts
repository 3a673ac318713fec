import type { ObjectStore } from "./object-store.ts";

/** Keys that one call deletes at most. */
const DELETED_AT_ONCE = 1_000;
const DIGEST = "sha256";

/** A bucket as the cells' object storage. */
export function r2Objects(bucket: R2Bucket): ObjectStore {
  return {
    async put(key, bytes, sha256) {
      // The bucket checks what came against the digest: bytes that were spoilt on their way are refused.
      await bucket.put(key, bytes, { sha256, customMetadata: { [DIGEST]: sha256 } });
    },
    async get(key) {
      const object = await bucket.get(key);
      if (!object) return null;
      return { bytes: new Uint8Array(await object.arrayBuffer()), sha256: object.customMetadata?.[DIGEST] ?? "" };
    },
    async keys(prefix) {
      const keys: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await bucket.list({ prefix, ...(cursor === undefined ? {} : { cursor }) });
        for (const { key } of page.objects) keys.push(key);
        cursor = page.truncated ? page.cursor : undefined;
      } while (cursor !== undefined);
      return keys;
    },
    async delete(keys) {
      for (let at = 0; at < keys.length; at += DELETED_AT_ONCE)
        await bucket.delete(keys.slice(at, at + DELETED_AT_ONCE));
    },
  };
}
