import type { SettingScopeBody } from "../../../contracts/api/settings.ts";
import type { Failure } from "../../../contracts/errors.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import type { SettingScope } from "../../../contracts/setting-scope.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import { parseConnectorReference } from "../../../engine/definition/connector-reference.ts";
import { slugOf } from "../../../engine/definition/slug.ts";
import type { Problem } from "../../../engine/source/problem.ts";
import { loadCatalog, qualifiedName } from "../connectors/catalog.ts";
import { findConnector } from "../connectors/find.ts";
import type { Context } from "../context.ts";

/** What stands for every connector of a namespace, to be read as one of them. */
const ALL = "/*";
const WORKFLOW = /^(?:workflow:)?(?:[^/@]+\/)?(?<name>[^/@]+)(?:@(?<range>.+))?$/;
/** A version, or the beginning of one. */
const RANGE = /^\d{1,9}(?:\.\d{1,9}){0,2}$/;

/** A scope as it is enforced: connectors by their full names, workflows by their slugs. */
export async function readScope(context: Context, written: SettingScopeBody): Promise<Result<SettingScope>> {
  const problems: Problem[] = [];
  const connectors: string[] = [];
  for (const [index, reference] of (written.connectors ?? []).entries()) {
    const read = await readConnector(context, reference);
    if (typeof read === "string") connectors.push(read);
    else problems.push({ path: `/scope/connectors/${index}`, ...read });
  }
  const workflows: string[] = [];
  for (const [index, reference] of (written.workflows ?? []).entries()) {
    const { name, range } = WORKFLOW.exec(reference)?.groups ?? {};
    const slug = slugOf(name ?? "");
    if (slug !== "" && (range === undefined || RANGE.test(range))) workflows.push(withRange(slug, range));
    else {
      const message = `"${reference}" must be the slug of a workflow, perhaps with a version or a part of one: report@1.2.`;
      problems.push({ path: `/scope/workflows/${index}`, message });
    }
  }
  if (problems.length > 0) return refused(problems);
  return success({
    ...(written.connectors === undefined ? {} : { connectors }),
    ...(written.workflows === undefined ? {} : { workflows }),
  });
}

function refused(problems: Problem[]): Failure {
  return validationFailure(problems);
}

async function readConnector(context: Context, reference: string): Promise<string | Omit<Problem, "path">> {
  const isAll = reference.endsWith(ALL);
  const parsed = parseConnectorReference(isAll ? `${reference.slice(0, -ALL.length)}/all` : reference);
  const { namespace, name, range } = parsed ?? {};
  // Of `a/b/*` and `a--b/*` the namespace would be anybody's guess.
  const isOdd = isAll && (namespace === undefined || namespace.includes("--"));
  if (name === undefined || isOdd || (range !== undefined && !RANGE.test(range))) {
    const message = `"${reference}" must be namespace/name, perhaps with a version or a part of one (@1.2), or namespace/*.`;
    return { message };
  }
  if (namespace !== undefined) return withRange(`${namespace}/${isAll ? "*" : name}`.toLowerCase(), range);
  const found = findConnector(await loadCatalog(context), name);
  if (found.found) return withRange(qualifiedName(found.entry), range);
  const { message, suggestion } = found;
  return suggestion === undefined ? { message } : { message, suggestion };
}

function withRange(name: string, range: string | undefined): string {
  return range === undefined ? name : `${name}@${range}`;
}
