import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** Source texts of ES modules by their names, such as `greet.js`. */
export type Modules = Readonly<Record<string, string>>;

/** SHA-256 (lower-case hex) over names and texts, whatever their order: what a plan pins, and what is checked before they run. */
export function modulesDigest(modules: Modules): string {
  const ordered = Object.keys(modules)
    .sort()
    .map((name) => [name, modules[name]]);
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(ordered))));
}
