import type { RandomSource } from "../../engine/expressions/random-source.ts";
import { isObject, type Json, type JsonObject } from "../../engine/json.ts";
import { pointerTo } from "../../engine/source/tree.ts";

/** A change of one place of a document. */
export interface Mutation {
  value: Json;
  /** JSON pointer of the place. */
  pointer: string;
  kind: "unknown key" | "wrong type" | "removed key";
}

const STRANGERS: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1.5,
  "",
  "a word",
  "{{ 1 }}",
  [],
  ["a"],
  {},
  { a: 1 },
  [[]],
  [null],
];

/** A copy of a document with one place changed: a key that nobody knows, a value of another type, or a key less. */
export function mutateTree(document: Json, random: RandomSource): Mutation {
  const value: Json = structuredClone(document);
  const places: { holder: JsonObject | Json[]; key: string; pointer: string }[] = [];
  const maps: { map: JsonObject; pointer: string }[] = [];
  const visit = (node: Json, pointer: string): void => {
    if (node === null || typeof node !== "object") return;
    if (isObject(node)) maps.push({ map: node, pointer });
    for (const [key, inner] of Object.entries(node)) {
      const own = pointerTo(pointer, key);
      places.push({ holder: node, key, pointer: own });
      visit(inner, own);
    }
  };
  visit(value, "");
  const map = maps[random.below(maps.length)];
  const place = places[random.below(places.length)];
  if (map !== undefined && (place === undefined || random.chance(40))) {
    const key = `${random.pick(["zzzq", "unknown_key", "Steps", "conditions", "tmeout"])}`;
    map.map[key] = STRANGERS[random.below(STRANGERS.length)] ?? null;
    return { value, pointer: pointerTo(map.pointer, key), kind: "unknown key" };
  }
  if (place === undefined) return { value: [value], pointer: "", kind: "wrong type" };
  if (random.chance(20) && isObject(place.holder)) {
    delete place.holder[place.key];
    return { value, pointer: place.pointer, kind: "removed key" };
  }
  Reflect.set(place.holder, place.key, STRANGERS[random.below(STRANGERS.length)] ?? null);
  return { value, pointer: place.pointer, kind: "wrong type" };
}
