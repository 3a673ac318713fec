import type { Masker } from "../../../../connectors/mask.ts";
import { isObject, type Json, type JsonObject } from "../../../../engine/json.ts";

/** Control characters, marks that turn the direction of text, and letters that nobody sees: a tool could hide its orders in them. */
const HIDDEN = /[^\P{C}\n\t]/u;
const ALL_HIDDEN = new RegExp(HIDDEN, "gu");
/** Members of a schema that people and models read. */
const TEXTS: readonly string[] = ["title", "description", "$comment"];
/** Members whose values are data: nothing in them is changed. */
const DATA: readonly string[] = ["const", "enum", "default", "examples"];
const MOST_TEXT = 2_000;

export function hidesText(text: string): boolean {
  return /\p{C}/u.test(text);
}

/** A text of a stranger's, for people to read. Masked without its hidden characters, which could part a secret, and before it is cut. */
export function shown(text: string, most: number, masker: Masker): string {
  return masker.text(text.replace(ALL_HIDDEN, "")).trim().slice(0, most);
}

/** Whether a schema has members that people would read otherwise than machines do. Its depth is bounded before. */
export function hidesNames(schema: Json): boolean {
  if (Array.isArray(schema)) return schema.some(hidesNames);
  if (!isObject(schema)) return false;
  return Object.entries(schema).some(([name, value]) => hidesText(name) || (!DATA.includes(name) && hidesNames(value)));
}

/** The schema with texts as they are shown. `properties` and the like hold schemas by names that a tool chose. */
export function withShownTexts(schema: JsonObject, masker: Masker): JsonObject {
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]) => {
      if (typeof value === "string") return [name, TEXTS.includes(name) ? shown(value, MOST_TEXT, masker) : value];
      return [name, DATA.includes(name) ? value : within(value, masker)];
    }),
  );
}

function within(value: Json, masker: Masker): Json {
  if (Array.isArray(value)) return value.map((item) => within(item, masker));
  return isObject(value) ? withShownTexts(value, masker) : value;
}
