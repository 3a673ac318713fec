import type { ExecutionProjection } from "../../contracts/rpc.ts";
import type { UsageFactRow } from "../../contracts/usage-fact-row.ts";
import type { SimulatedObject } from "./simulated-object.ts";

export const MEASURES = ["executions", "step_runs", "compute_ms", "egress_bytes", "ai_tokens"] as const;
export type Measures = Record<(typeof MEASURES)[number], number>;

export function nothing(): Measures {
  return { executions: 0, step_runs: 0, compute_ms: 0, egress_bytes: 0, ai_tokens: 0 };
}

export function add(to: Measures, fact: UsageFact): void {
  for (const meter of MEASURES) to[meter] += fact[meter] ?? 0;
}

/** A `UsageFactRow` by names; those of a step are absent for a start. */
type UsageFact = { seq: number; at: number } & Partial<Measures> &
  Partial<Record<"connector" | "action" | "kind" | "outcome", string>>;

/** By position, as the statement of `projectPage` reads it. */
function read(row: UsageFactRow): UsageFact {
  const [seq, at, executions, step_runs, compute_ms, egress_bytes, ai_tokens, connector, action, kind, outcome] = row;
  const members = {
    seq,
    at,
    executions,
    step_runs,
    compute_ms,
    egress_bytes,
    ai_tokens,
    connector,
    action,
    kind,
    outcome,
  };
  return members as unknown as UsageFact;
}

/** What may go wrong between a cell and its sink. */
export interface SinkFaults {
  /** The database refuses. */
  down(): boolean;
  /** It has written, and the answer is lost: nothing is acknowledged. */
  answerLost(): boolean;
  /** It writes this much later, when others may have read the same page. */
  lateMs(): number;
}

/** The read model and the ledger as `projectPage` keeps them in Postgres, in memory. */
export class SimulatedSink {
  readonly records = new Map<string, UsageFact & { execution: string }>();
  readonly rows = new Map<string, ExecutionProjection>();
  readonly hours = new Map<string, Measures>();
  deliveries = 0;
  repeated = 0;
  pages = 0;
  readonly #faults: SinkFaults;

  constructor(faults: SinkFaults) {
    this.#faults = faults;
  }

  async drain(object: SimulatedObject, limit: number): Promise<void> {
    for (let after = 0; ; ) {
      const from = after;
      const page = await object.ask(async (cell) => cell.readOutbox(from, limit));
      if (!page || page.rows.length === 0 || this.#faults.down()) return;
      const late = this.#faults.lateMs();
      if (late > 0) await new Promise<void>((resolve) => object.clock.at(object.clock.now() + late, resolve));
      this.#write(page.rows);
      if (this.#faults.answerLost()) return;
      await object.ask(async (cell) => cell.ackOutbox(page.last, page.metered));
      if (!page.more) return;
      after = page.last;
    }
  }

  /** All or nothing, as one statement is. */
  #write(rows: readonly string[]): void {
    this.pages += 1;
    for (const text of rows) {
      const row: ExecutionProjection = JSON.parse(text);
      const before = this.rows.get(row.executionId);
      if (!before || before.change < row.change) this.rows.set(row.executionId, row);
      for (const fact of row.facts ?? []) this.#record(row.executionId, read(fact));
    }
  }

  #record(execution: string, fact: UsageFact): void {
    this.deliveries += 1;
    const id = `${execution}:${fact.seq}`;
    if (this.records.has(id)) {
      this.repeated += 1;
      return;
    }
    this.records.set(id, { ...fact, execution });
    const hour = new Date(fact.at).toISOString().slice(0, 13);
    const sums = this.hours.get(hour) ?? nothing();
    add(sums, fact);
    this.hours.set(hour, sums);
  }

  /** Sums of an execution's records. */
  of(execution: string): Measures {
    const sums = nothing();
    for (const record of this.records.values()) if (record.execution === execution) add(sums, record);
    return sums;
  }
}
