import { SecretsRoot } from "../expressions/index.ts";
import { LazyMap, type Scope, type Value } from "../expressions/types.ts";
import type { Json, JsonObject } from "../json.ts";
import { isObject, member } from "../json.ts";
import type { Plan } from "../plan/types.ts";
import { resolvePath } from "./path.ts";
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

  constructor(plan: Plan, state: RunState, path: string, now: number) {
    this.#plan = plan;
    this.#state = state;
    this.#path = path;
    this.#iteration = nearestIteration(state, path);
    this.now = now;
    this.strict = plan.strict;
  }

  get seed(): string {
    return `${this.#state.identity.executionId}:${this.#state.identity.runAttempt}:${this.#path}`;
  }

  root(name: string): Value | LazyMap | undefined {
    switch (name) {
      case "inputs":
      case "input":
        return this.#state.inputs;
      case "steps":
        return new StepsView(this.#plan, this.#state, this.#path);
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

  constructor(plan: Plan, state: RunState, from: string) {
    super();
    this.#plan = plan;
    this.#state = state;
    this.#from = from;
  }

  override get(id: string): LazyMap | undefined {
    const address = this.#plan.addressOf.get(id);
    if (address === undefined) return undefined;
    const instance = this.#state.instances.get(resolvePath(address, this.#from));
    return instance && new StepView(this, this.#plan, instance);
  }

  override json(): JsonObject {
    const all: JsonObject = {};
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
  readonly #plan: Plan;
  readonly #instance: Instance;

  constructor(steps: StepsView, plan: Plan, instance: Instance) {
    super();
    this.#steps = steps;
    this.#plan = plan;
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
        return this.#child(name);
    }
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
    const step = this.#plan.byAddress.get(this.#instance.address);
    return step && Object.values(step.blocks).some((block) => block.some((child) => child.id === id))
      ? this.#steps.get(id)
      : undefined;
  }
}

/** `steps.x.error`: `{message, code, details}`, and its message when it is put into text. */
class ErrorView extends LazyMap {
  readonly #error: RunError;

  constructor(error: RunError) {
    super();
    this.#error = error;
  }

  override get(name: string): Json | undefined {
    return member(this.json(), name);
  }

  override json(): JsonObject {
    return { message: this.#error.message, code: this.#error.code, details: this.#error.details ?? {} };
  }

  override text(): string {
    return this.#error.message;
  }
}
