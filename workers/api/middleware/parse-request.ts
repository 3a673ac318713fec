import type * as z from "zod";
import { success, type Result } from "../../../contracts/errors.ts";
import { type LimitName, type Limits, limitsOf } from "../../../contracts/limits.ts";
import { problemsOfZod } from "../../../contracts/problems-of-zod.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { BodySpec } from "../endpoint.ts";
import { emptyBody, parseJson } from "../../../contracts/parse-json.ts";
import { readBody } from "./read-body.ts";

/** A value through a schema; every problem at once, named. */
export function checked<T>(schema: z.ZodType<T>, value: unknown): Result<T> {
  const parsed = schema.safeParse(value);
  return parsed.success ? success(parsed.data) : validationFailure(problemsOfZod(parsed.error, schema, value));
}

/** Query members as an object; a member given twice is refused, for nobody could say which one counts. */
export function queryObject(search: URLSearchParams): Result<Record<string, string>> {
  const query: Record<string, string> = Object.create(null);
  for (const [name, value] of search) {
    if (name in query) return validationFailure([{ path: `/${name}`, message: `"${name}" is given twice.` }]);
    query[name] = value;
  }
  return success({ ...query });
}

/** The body by its specification, within the limits of whoever sends it. */
export async function parseBody(
  request: Request,
  spec: BodySpec<unknown>,
  limits: Limits = limitsOf(),
): Promise<Result<unknown>> {
  const isDocument = spec.kind === "document";
  const bound: LimitName = spec.limit ?? (isDocument ? "document_bytes" : "payload_bytes");
  const read = await readBody(request, isDocument, limits[bound]);
  if (!read.ok) return read;
  if (read.value === null) {
    return spec.kind === "json" && spec.optional ? checked(spec.schema, {}) : emptyBody();
  }
  if (spec.kind === "document") return success(read.value);
  const value = parseJson(read.value.text);
  return value.ok ? checked(spec.schema, value.value) : value;
}
