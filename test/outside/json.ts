export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface JsonMap {
  [key: string]: Json;
}

/** Parses text, or undefined when it is not JSON. The one place that trusts `JSON.parse`'s type. */
export function parseJson(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

export function isMap(value: unknown): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads `a.b.0.c` out of a value; undefined where nothing is there. */
export function read(value: Json | undefined, path: string): Json | undefined {
  let current: Json | undefined = value;
  for (const name of path.split(".")) {
    if (Array.isArray(current)) current = current[Number(name)];
    else if (isMap(current)) current = Object.hasOwn(current, name) ? current[name] : undefined;
    else return undefined;
  }
  return current;
}

/** Reads text at a path; throws, showing the value, when there is none. */
export function readText(value: Json | undefined, path: string): string {
  const found = read(value, path);
  if (typeof found !== "string") throw new Error(`no text at ${path} of ${JSON.stringify(value)?.slice(0, 2000)}`);
  return found;
}

/** Reads a list at a path; throws, showing the value, when there is none. */
export function readList(value: Json | undefined, path: string): Json[] {
  const found = read(value, path);
  if (!Array.isArray(found)) throw new Error(`no list at ${path} of ${JSON.stringify(value)?.slice(0, 2000)}`);
  return found;
}
