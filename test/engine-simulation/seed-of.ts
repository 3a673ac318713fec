import { RandomSource } from "../../engine/expressions/random-source.ts";

/** A generator of its own for each text (FNV-1a). */
export function seedOf(text: string): RandomSource {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return new RandomSource(hash);
}
