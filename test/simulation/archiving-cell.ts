import type { Cell } from "../../durable-objects/coordinator/cell.ts";
import type { StepDefinition } from "../../engine/definition/types.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { fractionOf } from "../../engine/run/retry.ts";
import { actionStep, failed, ok, planOf } from "../../engine/testing.ts";
import { MemoryObjects } from "./memory-objects.ts";
import { SimulatedObject } from "./simulated-object.ts";

export const DAY_MS = 86_400_000;
export const RETENTION_MS = 30 * DAY_MS;
/** Begins every key of the cell's executions. */
export const FOLDER = "global/ten_simulated/test/";
/** Stands in inputs, outputs, errors and logs of every execution. */
export const MARKER = "marker-7c1f";

const CALLS: StepDefinition = { kind: "subworkflow", id: "below", workflow: "leaf", input: { n: "{{ inputs.n }}" } };

/** A workflow of these tests, with its plan. */
export function source(slug: string, steps: StepDefinition[], workflows: Record<string, PlanSource> = {}): PlanSource {
  const { definition, pins } = planOf(steps, { slug, name: slug, inputs: { n: { schema: {} } } });
  return { definition, pins, workflows };
}

const LEAF = source("leaf", [actionStep("a", { input: { n: "{{ inputs.n }}" } })]);
/** What a cell of these tests runs: by name. */
export const RUNS: Readonly<Record<string, PlanSource>> = {
  leaf: LEAF,
  parent: source("parent", [actionStep("first", { cache: { ttlMs: 60_000 }, input: { n: "{{ inputs.n }}" } }), CALLS], {
    "leaf@": LEAF,
  }),
  broken: source("broken", [actionStep("fine"), actionStep("down", { retry: { maxAttempts: 1 } })]),
  endless: source("endless", [{ kind: "wait", id: "year", duration: 365 * 86_400 }]),
};

/** A cell with an object storage, killed by seed; whoever asks it asks until there is an answer. */
export class ArchivingCell {
  readonly objects = new MemoryObjects();
  readonly object: SimulatedObject;
  readonly reports: string[] = [];
  /** How long its plugin takes. */
  answersAfterMs = 1;
  /** Kills happen. */
  deadly = false;
  /** `down` is repaired. */
  repaired = false;
  readonly #seed: number;
  #drawn = 0;

  /** Hints that it gave. */
  hints = 0;

  /** `plugin`: what its steps are answered, where that is not what they were sent. `single`: as the cell of an isolated execution. */
  constructor(seed = 0, plugin?: (call: ActionCall) => ActionResult, single = false) {
    this.#seed = seed;
    this.object = new SimulatedObject({
      kill: () => this.deadly && this.object.kills < 40 && this.#chance() < 0.2,
      plugin: (call) => ({ result: plugin?.(call) ?? this.#answer(call), afterMs: this.answersAfterMs }),
      objects: this.objects,
      hint: () => {
        this.hints += 1;
      },
      single,
      report: (message, error) => this.reports.push(`${message}: ${String(error)}`),
    });
  }

  async ask<T>(question: (cell: Cell) => Promise<T>): Promise<T> {
    for (;;) {
      let answer: { value: T } | { error: unknown } | undefined;
      let over = false;
      void this.object
        .ask(async (cell) => {
          try {
            return { value: await question(cell) };
          } catch (error) {
            return { error };
          }
        })
        .then((it) => {
          answer = it;
          over = true;
        });
      while (!over) await this.#step();
      if (answer && "error" in answer) throw answer.error;
      if (answer) return answer.value;
    }
  }

  async start(id: string, run: string): Promise<void> {
    const plan = RUNS[run];
    if (!plan) throw new Error(`there is no ${run}`);
    await this.startSource(id, plan, run);
  }

  async startSource(id: string, plan: PlanSource, planDigest = "plan"): Promise<void> {
    await this.ask((cell) =>
      cell.start({
        executionId: id,
        tenantId: "ten_simulated",
        environment: "test",
        planDigest,
        plan,
        inputs: { n: `${MARKER} ${id}` },
        mode: "async",
        actor: "key",
        idempotency: { key: id, bodyHash: "same" },
      }),
    );
  }

  /** Starts those, and lets them end; everything that is to know of it knows. */
  async run(runs: Record<string, string>): Promise<void> {
    for (const [id, run] of Object.entries(runs)) await this.start(id, run);
    for (const [id, run] of Object.entries(runs))
      while (run !== "endless" && !(await this.ask((cell) => cell.get(id)))?.finished_at) await this.object.step();
    await this.drain();
  }

  async drain(): Promise<void> {
    await this.settle();
    await this.ask(async (cell) => {
      const { last } = cell.readOutbox(0, 10_000);
      cell.ackOutbox(last);
    });
  }

  /** What goes on by itself within a second. */
  async settle(): Promise<void> {
    const { clock } = this.object;
    let over = false;
    clock.at(clock.now() + 1_000, () => {
      over = true;
    });
    while (!over) await this.object.step();
  }

  /** Time passes for the cell, without anything happening in it. */
  pass(ms: number): void {
    this.object.skewMs += ms;
  }

  round(retentionMs = RETENTION_MS): Promise<void> {
    return this.ask((cell) => cell.retention.round(retentionMs));
  }

  /** Ids of the executions that the disk has. */
  stored(): string[] {
    const rows = this.object.database.prepare("SELECT id FROM executions ORDER BY id").all();
    return rows.map((row) => String(row.id));
  }

  /** Everything that the disk and the object storage have, as text. */
  async everything(): Promise<string> {
    const { database } = this.object;
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    const rows = tables.flatMap(({ name }) => database.prepare(`SELECT * FROM ${String(name)}`).all());
    const archived = [...this.objects.objects.values()].map(({ bytes }) =>
      new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text(),
    );
    return [JSON.stringify(rows), ...(await Promise.all(archived))].join("\n");
  }

  /** What is due, or a little time: streams take some, and nobody sleeps a year meanwhile. */
  async #step(): Promise<void> {
    const { clock } = this.object;
    clock.at(clock.now() + 100, () => undefined);
    await this.object.step();
  }

  #answer({ path, input }: ActionCall): ActionResult {
    return path === "down" && !this.repaired ? failed("BACKEND_ERROR", MARKER) : ok({ said: MARKER, input });
  }

  #chance(): number {
    this.#drawn += 1;
    return fractionOf(`${this.#seed}:${this.#drawn}`);
  }
}
