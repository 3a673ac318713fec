import { SecretsRoot } from "../expressions/index.ts";
import { LazyMap, type Scope, type Value } from "../expressions/types.ts";
import type { Json, JsonObject } from "../json.ts";
import { isObject, member } from "../json.ts";
import type { Plan } from "../plan/types.ts";
import { enclosing } from "./path.ts";
import { nodeOf } from "./apply-graph.ts";
import { errorAsJson } from "./gather.ts";
import { resolveStep } from "./resolve-step.ts";
import type { Instance, RunState } from "./state.ts";
import type { RunError } from "../errors.ts";

/** The run never holds a secret: reading one gives a marked value that only a plugin Worker reveals. */
const SECRETS = new SecretsRoot();

/** What the templates of the step at `path` may look at (section 6). */
export class RunScope implements Scope {
  readonly now: number;
  readonly strict: boolean;
  readonly #plan: Plan;
  readonly #state: RunState;
  readonly #path: string;
  readonly #iteration: { loop: Instance; index: number } | undefined;
  readonly #output: Json | undefined;
  readonly worked: (operations: number) => void;

  /** `output` is the step's own, where an expression is evaluated just before it settles. */
  constructor(
    plan: Plan,
    state: RunState,
    path: string,
    now: number,
    worked: (operations: number) => void,
    output?: Json,
  ) {
    this.#plan = plan;
    this.#state = state;
    this.#path = path;
    this.#iteration = nearestIteration(state, path);
    this.now = now;
    this.worked = worked;
    this.#output = output;
    this.strict = plan.strict;
  }

  get seed(): string {
    return `${this.#state.identity.executionId}:${this.#state.identity.runAttempt}:${this.#path}`;
  }

  root(name: string): Value | LazyMap | undefined {
    switch (name) {
      case "inputs":
        return this.#state.inputs;
      case "input":
        return this.#state.graph ? this.#message() : this.#state.inputs;
      case "state":
        return nodeOf(this.#state, { path: this.#path })?.kept;
      case "graph":
        return this.#state.graph ? { state: this.#state.graph.shared } : undefined;
      case "output":
        return this.#output ?? this.#visit()?.output;
      case "error":
        return this.#caught();
      case "steps":
        return new StepsView(this.#plan, this.#state, this.#path, this.worked, this.#output);
      case "env":
        return this.#state.env;
      case "secrets":
        return SECRETS;
      case "trigger":
        return this.#state.trigger;
      case "execution":
        return {
          id: this.#state.identity.executionId,
          started_at: this.#state.startedAt === null ? null : new Date(this.#state.startedAt).toISOString(),
        };
      case "workflow":
        return { name: this.#plan.definition.name, version: this.#plan.definition.version };
      case "today":
        return new Date(this.now).toISOString().slice(0, 10);
      case "item":
        return this.#iteration && (this.#iteration.loop.items?.[this.#iteration.index] ?? null);
      case "index":
        return this.#iteration?.index;
      case "isFirst":
        return this.#iteration && this.#iteration.index === 0;
      case "isLast":
        return this.#iteration && this.#iteration.index === (this.#iteration.loop.items?.length ?? 0) - 1;
      default:
        return undefined;
    }
  }

  /** The visit of the graph node that the step belongs to. */
  #visit(): Instance | undefined {
    const end = this.#path.search(/[.[]/);
    return this.#state.instances.get(end < 0 ? this.#path : this.#path.slice(0, end));
  }

  /** What the visit is about; of one that is just about to open, the message that it will take. */
  #message(): Json | undefined {
    const visit = this.#visit();
    return visit ? visit.message : nodeOf(this.#state, { path: this.#path })?.mailbox[0]?.payload;
  }

  /** What the nearest `catch` around the step handles. */
  #caught(): Value | LazyMap | undefined {
    for (let at: Instance | undefined = this.#state.instances.get(parentPath(this.#path)); at; ) {
      if (at.caught) return new ErrorView(at.caught, at.pass ?? 1);
      at = at.parent ? this.#state.instances.get(at.parent) : undefined;
    }
    return undefined;
  }
}

function parentPath(path: string): string {
  return enclosing(path).parent;
}

function nearestIteration(state: RunState, path: string): { loop: Instance; index: number } | undefined {
  const close = path.lastIndexOf("]");
  if (close < 0) return undefined;
  const bracket = path.lastIndexOf("[", close);
  const loop = state.instances.get(path.slice(0, bracket));
  return loop && { loop, index: Number(path.slice(bracket + 1, close)) };
}

/** `steps`: every step of the workflow that has been opened, as it is seen from the step at `from`. */
class StepsView extends LazyMap {
  readonly #plan: Plan;
  readonly #state: RunState;
  readonly #from: string;
  readonly #worked: (operations: number) => void;
  readonly #output: Json | undefined;

  constructor(
    plan: Plan,
    state: RunState,
    from: string,
    worked: (operations: number) => void,
    output: Json | undefined,
  ) {
    super();
    this.#worked = worked;
    this.#plan = plan;
    this.#state = state;
    this.#from = from;
    this.#output = output;
  }

  override get(id: string): LazyMap | undefined {
    const address = this.#plan.addressOf.get(id);
    if (address === undefined) return undefined;
    const path = resolveStep(this.#plan, this.#state, address, this.#from);
    const instance = this.#state.instances.get(path);
    if (!instance) return undefined;
    // Just before it settles, a step reads as what it is about to be.
    const settling = this.#output !== undefined && path === this.#from;
    return new StepView(this, settling ? { ...instance, status: "completed", output: this.#output } : instance);
  }

  override json(): JsonObject {
    const all: JsonObject = {};
    this.#worked(this.#plan.addressOf.size);
    for (const id of this.#plan.addressOf.keys()) {
      const step = this.get(id);
      if (step) all[id] = step.json();
    }
    return all;
  }
}

const STATUS_WORD: Partial<Record<Instance["status"], string>> = { completed: "success" };

/** One step: `output`, `outputs`, `status`, `error`, and the children of a parallel list by their ids. */
class StepView extends LazyMap {
  readonly #steps: StepsView;
  readonly #instance: Instance;

  constructor(steps: StepsView, instance: Instance) {
    super();
    this.#steps = steps;
    this.#instance = instance;
  }

  override get(name: string): Value | LazyMap | undefined {
    switch (name) {
      case "output":
        return this.#instance.output ?? null;
      case "outputs":
        return isObject(this.#instance.output)
          ? (member(this.#instance.output, "outputs") ?? this.#instance.output)
          : null;
      case "status":
        return STATUS_WORD[this.#instance.status] ?? this.#instance.status;
      case "error":
        return this.#instance.error && this.#instance.status !== "completed"
          ? new ErrorView(this.#instance.error)
          : null;
      default:
        return this.#child(name) ?? this.#ownMember(name);
    }
  }

  /** Logic steps read as their output, too: `steps.pause.timedOut`, as the public specification writes it. */
  #ownMember(name: string): Json | undefined {
    const { step, output } = this.#instance;
    return step?.kind !== "action" && isObject(output) ? member(output, name) : undefined;
  }

  override json(): JsonObject {
    const { output, error, status } = this.#instance;
    return {
      output: output ?? null,
      status: STATUS_WORD[status] ?? status,
      error: error ? new ErrorView(error).json() : null,
    };
  }

  #child(id: string): LazyMap | undefined {
    const { step } = this.#instance;
    return step && Object.values(step.blocks).some((block) => block.some((child) => child.id === id))
      ? this.#steps.get(id)
      : undefined;
  }
}

/** `steps.x.error`: `{message, code, details}`, and its message when it is put into text. */
class ErrorView extends LazyMap {
  readonly #error: RunError;
  readonly #attemptCount: number | undefined;

  /** `attemptCount`: tries of the block whose error a `catch` handles. */
  constructor(error: RunError, attemptCount?: number) {
    super();
    this.#error = error;
    this.#attemptCount = attemptCount;
  }

  override get(name: string): Json | undefined {
    return member(this.json(), name);
  }

  override json(): JsonObject {
    const attempts: JsonObject = this.#attemptCount === undefined ? {} : { attemptCount: this.#attemptCount };
    return { ...errorAsJson(this.#error), ...attempts };
  }

  override text(): string {
    return this.#error.message;
  }
}
