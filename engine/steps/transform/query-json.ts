import type { Json } from "../../json.ts";
import { meteredQuery } from "./metered-jsonpath.ts";

/**
 * The values that a JSONPath (RFC 9535) finds, in document order; or why it is none, or looks at too much. `looked` is told how
 * many values it looks at.
 */
export function queryJson(
  expression: string,
  data: Json,
  looked: (values: number) => void = () => undefined,
): { ok: true; values: Json[] } | { ok: false; message: string } {
  try {
    // What it finds are parts of `data`.
    return { ok: true, values: meteredQuery(expression, looked).query(data).values() as Json[] };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}
