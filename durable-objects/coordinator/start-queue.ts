import type { CellStorage } from "./cell-storage.ts";

interface Queued {
  execution: string;
  priority: number;
  arrival: number;
}

/**
 * Executions that wait for one of the tenant's running executions to end. Fair between workflows: each has its turn, and
 * within one the higher priority goes first, then who came first. The rows on the disk are what it is made of after a restart;
 * whose turn it is starts anew then.
 */
export class StartQueue {
  readonly #lanes = new Map<string, Queued[]>();
  readonly #lanesOf = new Map<string, string>();
  /** Workflow → when it last had its turn. */
  readonly #served = new Map<string, number>();
  #turns = 0;
  #arrivals = 0;

  constructor(storage: Pick<CellStorage, "queued">) {
    for (const { execution, workflow, priority } of storage.queued()) this.add(execution, workflow, priority);
  }

  get size(): number {
    return this.#lanesOf.size;
  }

  has(execution: string): boolean {
    return this.#lanesOf.has(execution);
  }

  add(execution: string, workflow: string, priority: number): void {
    if (this.#lanesOf.has(execution)) return;
    this.#lanesOf.set(execution, workflow);
    const lane = this.#lanes.get(workflow) ?? [];
    this.#lanes.set(workflow, lane);
    let at = lane.length;
    while (at > 0 && (lane[at - 1]?.priority ?? priority) < priority) at -= 1;
    this.#arrivals += 1;
    lane.splice(at, 0, { execution, priority, arrival: this.#arrivals });
  }

  remove(execution: string): void {
    const workflow = this.#lanesOf.get(execution);
    if (workflow === undefined) return;
    this.#lanesOf.delete(execution);
    const lane = (this.#lanes.get(workflow) ?? []).filter((it) => it.execution !== execution);
    if (lane.length > 0) this.#lanes.set(workflow, lane);
    else this.#leave(workflow);
  }

  /** How many have their turn before it, and itself; undefined when it is not here. */
  position(execution: string): number | undefined {
    const workflow = this.#lanesOf.get(execution);
    if (workflow === undefined) return undefined;
    const ahead = (this.#lanes.get(workflow) ?? []).findIndex((it) => it.execution === execution);
    let position = ahead + 1;
    let before = true;
    for (const [other, lane] of this.#lanes) {
      if (other === workflow) {
        before = false;
        continue;
      }
      const [theirs, ours] = [this.#servedAt(other), this.#servedAt(workflow)];
      const first = theirs < ours || (theirs === ours && before);
      position += Math.min(lane.length, ahead + (first ? 1 : 0));
    }
    return position;
  }

  /** Takes out whose turn it is. */
  next(): string | undefined {
    let chosen: string | undefined;
    for (const workflow of this.#lanes.keys()) {
      if (chosen === undefined || this.#servedAt(workflow) < this.#servedAt(chosen)) chosen = workflow;
    }
    const first = chosen === undefined ? undefined : this.#lanes.get(chosen)?.shift();
    if (chosen === undefined || !first) return undefined;
    this.#turns += 1;
    this.#served.set(chosen, this.#turns);
    this.#lanesOf.delete(first.execution);
    if (this.#lanes.get(chosen)?.length === 0) this.#leave(chosen);
    return first.execution;
  }

  /** One that has not had a turn yet is next. */
  #servedAt(workflow: string): number {
    return this.#served.get(workflow) ?? 0;
  }

  #leave(workflow: string): void {
    this.#lanes.delete(workflow);
    // A lane that is empty is forgotten when all are: until then its last turn counts.
    if (this.#lanes.size === 0) this.#served.clear();
  }
}
