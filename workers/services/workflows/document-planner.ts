import { satisfies, validRange } from "semver";
import { digestOf } from "../../../contracts/canonical-json.ts";
import type { ReadWorkflow } from "../../../engine/definition/read-workflows.ts";
import { slugOf } from "../../../engine/definition/slug.ts";
import type { SubworkflowStep } from "../../../engine/definition/types.ts";
import { utf8Length } from "../../../engine/expressions/limits.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { type PlanSource, subworkflowKey } from "../../../engine/plan/types.ts";
import { nearestName } from "../../../engine/source/nearest-name.ts";
import type { Problem } from "../../../engine/source/problem.ts";
import type { Context } from "../context.ts";
import { pinActions } from "./pin-actions.ts";
import type { PinnedSource, Planning } from "./planning.ts";
import { PublishedWorkflows } from "./published-workflows.ts";
import { stepsOf } from "./steps-of.ts";
import { subworkflowInputProblems } from "./subworkflow-input-problems.ts";
import { unavailableFeatures } from "./unavailable-features.ts";

/** Levels of subworkflows (section 20). */
const MOST_DEPTH = 16;
/** What one plan may weigh with all that it pins: it is one row, and one message to a cell. */
const MOST_PLAN_BYTES = 1_800_000;
/** Likewise all plans of one document: each is written out and digested. */
const MOST_DOCUMENT_BYTES = 8 * MOST_PLAN_BYTES;
/** Published workflows that one document may call. */
const MOST_PUBLISHED = 100;

/** What a step's `workflow` means: itself, one that can be pinned, or a problem. */
type Called = "self" | PinnedSource | Problem;

function isProblem(called: Called): called is Problem {
  return called !== "self" && "message" in called;
}

function fits(version: string, wanted: string | undefined): boolean {
  return wanted === undefined || version === wanted || satisfies(version, wanted);
}

function isNamed({ definition }: ReadWorkflow, name: string): boolean {
  return definition.slug === slugOf(name) || definition.name === name;
}

/** A plan source is plain JSON by its type's own promise. */
function asJson(source: PlanSource): JsonObject {
  return source as unknown as JsonObject;
}

/** Plans the workflows of one document, each after those that it calls. */
export class DocumentPlanner {
  /** In the order in which they were done: what is called stands before what calls it. */
  readonly plannings = new Map<ReadWorkflow, Planning>();
  readonly #context: Context;
  readonly #siblings: readonly ReadWorkflow[];
  readonly #published: PublishedWorkflows;
  /** Those whose planning has begun, outermost first. */
  readonly #open: ReadWorkflow[] = [];
  #bytes = 0;

  constructor(context: Context, siblings: readonly ReadWorkflow[]) {
    this.#context = context;
    this.#siblings = siblings;
    this.#published = new PublishedWorkflows(context);
  }

  async plan(read: ReadWorkflow): Promise<Planning> {
    const known = this.plannings.get(read);
    if (known !== undefined) return known;
    this.#open.push(read);
    const planning = await this.#planNew(read);
    this.#open.pop();
    this.plannings.set(read, planning);
    return planning;
  }

  async #planNew(read: ReadWorkflow): Promise<Planning> {
    const { pins, problems, notices } = await pinActions(this.#context, read);
    const source: PlanSource = { definition: read.definition, pins };
    const planning: Planning = {
      source,
      bytes: utf8Length(JSON.stringify(source)),
      depth: 0,
      digest: "",
      problems,
      unavailable: unavailableFeatures(read),
      deprecated: notices,
    };
    for (const step of stepsOf(read.definition)) {
      if (step.kind === "subworkflow") problems.push(...(await this.#pin(read, step, planning)));
    }
    this.#bytes += planning.bytes;
    const tooLarge = this.#sizeProblem(read, planning.bytes);
    if (tooLarge !== undefined) problems.push(tooLarge);
    if (problems.length === 0) planning.digest = digestOf(asJson(source));
    return planning;
  }

  /** Pins what a step calls into the planning, and says what stands in its way. */
  async #pin(read: ReadWorkflow, step: SubworkflowStep, planning: Planning): Promise<Problem[]> {
    const called = await this.#called(read, step);
    if (isProblem(called)) return [called];
    const definition = called === "self" ? read.definition : called.source.definition;
    const problems = subworkflowInputProblems(read, step, definition);
    planning.source.workflows ??= {};
    const pins = planning.source.workflows;
    const key = subworkflowKey(step);
    if (Object.hasOwn(pins, key)) return problems;
    if (called === "self") {
      pins[key] = "self";
      return problems;
    }
    if (called.depth + 1 > MOST_DEPTH)
      return [read.problemAt(step.id, "workflow", `Subworkflows may nest ${MOST_DEPTH} levels deep, not more.`)];
    planning.depth = Math.max(planning.depth, called.depth + 1);
    planning.bytes += called.bytes + utf8Length(key);
    // What is too large already is refused below: it need not be built.
    if (planning.bytes <= MOST_PLAN_BYTES) pins[key] = called.source;
    return problems;
  }

  async #called(read: ReadWorkflow, step: SubworkflowStep): Promise<Called> {
    const { workflow: name, version: wanted } = step;
    if (wanted !== undefined && validRange(wanted) === null)
      return read.problemAt(step.id, "version", `"${wanted}" is not a version or a range of versions.`);
    const sibling = [read, ...this.#siblings].find((it) => isNamed(it, name) && fits(it.definition.version, wanted));
    if (sibling === read) return "self";
    if (sibling === undefined) return this.#publishedOne(read, step);
    const from = this.#open.indexOf(sibling);
    if (from < 0) return this.plan(sibling);
    const names = [...this.#open.slice(from), sibling].map((it) => it.definition.name);
    const message = `${names.join(" calls ")}: a workflow may call itself, but not one that calls it.`;
    return read.problemAt(step.id, "workflow", message);
  }

  async #publishedOne(read: ReadWorkflow, step: SubworkflowStep): Promise<Called> {
    const { workflow: name, version: wanted } = step;
    if (this.#published.size >= MOST_PUBLISHED && !this.#published.has(name, wanted))
      return read.problemAt(step.id, "workflow", `A document may call at most ${MOST_PUBLISHED} published workflows.`);
    const found = await this.#published.find(name, wanted);
    if (found.found) return found.pinned;
    const siblings = this.#siblings.filter((it) => isNamed(it, name)).map((it) => it.definition.version);
    const versions = [...siblings, ...(found.versions ?? [])];
    if (wanted !== undefined && versions.length > 0) {
      const message = `No version of the workflow "${name}" is ${wanted}: there is ${versions.join(", ")}.`;
      return read.problemAt(step.id, "version", message);
    }
    const names = [...this.#siblings.map((it) => it.definition.slug), ...(await this.#published.slugs())];
    const suggestion = nearestName(name, names);
    const hint = suggestion === undefined ? "" : ` Did you mean "${suggestion}"?`;
    return read.problemAt(step.id, "workflow", `There is no workflow "${name}".${hint}`, suggestion);
  }

  #sizeProblem(read: ReadWorkflow, bytes: number): Problem | undefined {
    const message =
      bytes > MOST_PLAN_BYTES
        ? `The workflow with all that it pins has ${bytes} bytes: at most ${MOST_PLAN_BYTES} can be kept. Call fewer or smaller workflows.`
        : this.#bytes > MOST_DOCUMENT_BYTES
          ? `The workflows of this document with all that they pin have more than ${MOST_DOCUMENT_BYTES} bytes: split the document.`
          : undefined;
    return message === undefined ? undefined : { path: read.pointer, ...read.locate(read.pointer), message };
  }
}
