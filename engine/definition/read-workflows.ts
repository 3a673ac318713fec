import type { Json } from "../json.ts";
import { ALL_RULES } from "../rules/all-rules.ts";
import { SOURCE_LIMITS } from "../source/limits.ts";
import { Locator, type Place } from "../source/locator.ts";
import { parseSource, type SourceFormat } from "../source/parse.ts";
import { treeOfJson } from "../source/parse-json.ts";
import type { Problem } from "../source/problem.ts";
import { type MapNode, pointerTo, type ScalarNode, type SourceNode, type SourceTree } from "../source/tree.ts";
import type { ExpressionUse } from "./expression-use.ts";
import { FILE_FIELDS } from "./file-fields.ts";
import { ReadContext } from "./read-context.ts";
import { readWorkflow } from "./read-workflow.ts";
import type { WorkflowDefinition } from "./types.ts";

/** A workflow with its places, so that later checks (connectors, actions, schemas) can add located problems of their own. */
export interface ReadWorkflow {
  definition: WorkflowDefinition;
  /** JSON pointer of the workflow in its file: "" or "/workflows/0". */
  pointer: string;
  /** Every template and expression of the workflow that compiled. */
  expressions: readonly ExpressionUse[];
  /** Line and column of a value of the file, or of the nearest enclosing one; empty for JSON inputs. */
  locate(pointer: string): Place;
  /** Line and column of the UTF-16 unit `offset` of a text's value: where inside a template something stands. */
  locateIn(node: ScalarNode, offset: number): Place;
  /** JSON pointer of a step in the file. */
  pointerOf(stepId: string): string | undefined;
  /** A problem at a field of a step ("connector", "action", "input/location"), or at the step where it has no such field. */
  problemAt(stepId: string, field: string, message: string, suggestion?: string): Problem;
}

export interface ReadWorkflows {
  workflows: ReadWorkflow[];
  /** Every problem of the text at once. Empty: the workflows are valid as far as the text alone tells. */
  problems: Problem[];
}

export interface ReadOptions {
  /** The name of a workflow that gives none: an inline start may carry it beside the definition (`workflow_name`). */
  name?: string;
}

const FILE_KEYS = Object.keys(FILE_FIELDS);

/**
 * Reads a workflow file (language document, sections 1–5): `workflows: […]`, `workflow: {…}` or a bare workflow.
 * Workflows come back even when there are problems, as far as they could be typed: use them only when there are none.
 */
export function readWorkflows(text: string, format: SourceFormat, options: ReadOptions = {}): ReadWorkflows {
  const { tree, problems } = parseSource(text, format);
  return readTree(tree, problems, options);
}

/** As `readWorkflows` for a value that is already parsed (an inline definition of a start): problems have no lines. */
export function readWorkflowValue(value: Json, options: ReadOptions = {}): ReadWorkflows {
  const { tree, problems } = treeOfJson(value);
  return readTree(tree, problems, options);
}

/** As `readWorkflows` for a document that `parseDocuments` has read. */
export function readTree(tree: SourceTree | undefined, problems: Problem[], options: ReadOptions = {}): ReadWorkflows {
  if (tree === undefined) return { workflows: [], problems };
  const locate = new Locator(tree);
  const file = new ReadContext(locate, problems);
  const workflows: ReadWorkflow[] = [];
  const slugs = new Map<string, string>();
  for (const { node, pointer, bare } of workflowNodes(tree.root, file)) {
    const context = new ReadContext(locate, problems);
    const definition = readWorkflow(node, pointer, context, { alsoKnown: bare ? FILE_KEYS : [], name: options.name });
    if (definition === undefined) continue;
    const workflow = withPlaces(definition, pointer, context);
    for (const rule of ALL_RULES) {
      for (const problem of rule(workflow)) {
        context.report(problem.path, problem, problem.message, problem.suggestion);
        if (context.full) break;
      }
    }
    const first = slugs.get(definition.slug);
    if (first !== undefined && definition.slug !== "") {
      file.report(
        pointerTo(pointer, "name"),
        locate.pointer(pointerTo(pointer, "name")),
        `two workflows have the slug "${definition.slug}": the other is at ${first}`,
      );
    }
    slugs.set(definition.slug, pointer);
    workflows.push(workflow);
  }
  problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  return { workflows, problems: problems.slice(0, SOURCE_LIMITS.problems) };
}

interface WorkflowNode {
  node: SourceNode;
  pointer: string;
  bare: boolean;
}

function workflowNodes(root: SourceNode, file: ReadContext): WorkflowNode[] {
  if (root.kind !== "map") {
    file.refuse(
      { node: root, pointer: "" },
      "a workflow file must be a map: workflows, workflow, or a workflow itself",
    );
    return [];
  }
  const list = root.entries.find((entry) => entry.key === "workflows");
  const single = root.entries.find((entry) => entry.key === "workflow" && entry.value.kind === "map");
  if (list === undefined && single === undefined) return [{ node: root, pointer: "", bare: true }];
  checkFileKeys(root, list === undefined ? "workflow" : "workflows", file);
  if (list === undefined)
    return single === undefined ? [] : [{ node: single.value, pointer: "/workflow", bare: false }];
  if (list.value.kind !== "list" || list.value.items.length === 0) {
    file.refuse({ node: list.value, pointer: "/workflows" }, "workflows must be a list of at least one workflow");
    return [];
  }
  return list.value.items.map((node, index) => ({ node, pointer: pointerTo("/workflows", index), bare: false }));
}

function checkFileKeys(root: MapNode, form: string, file: ReadContext): void {
  for (const entry of root.entries) {
    if (entry.key === form || FILE_KEYS.includes(entry.key) || entry.key.startsWith("x-")) continue;
    const member = { entry, node: entry.value, pointer: pointerTo("", entry.key) };
    file.refuseKey(member, `unknown key "${entry.key}" beside ${form}`);
  }
}

function withPlaces(definition: WorkflowDefinition, pointer: string, context: ReadContext): ReadWorkflow {
  const { locate, steps } = context;
  return {
    definition,
    pointer,
    expressions: context.expressions,
    locate: (place) => locate.pointer(place),
    locateIn: (node, offset) => locate.inScalar(node, offset),
    pointerOf: (stepId) => steps.get(stepId),
    problemAt(stepId, field, message, suggestion) {
      const path = `${steps.get(stepId) ?? pointer}/${field}`;
      return { path, ...locate.pointer(path), message, ...(suggestion === undefined ? {} : { suggestion }) };
    },
  };
}
