import type { ExecutionRecord } from "../../contracts/execution.ts";
import type { CoordinatorRpc } from "../../contracts/rpc.ts";
import type { RunCommand } from "../../engine/run/types.ts";
import type { Stage } from "../conformance/play.ts";

/** One execution of the cell, as a case meddles with it. */
export class CellStage implements Stage {
  readonly now = Date.now;
  /** Of a machine that is busy, and below what the cases have by it: they tell what never came. */
  readonly patienceMs = 45_000;
  readonly #ask: <T>(question: (cell: CoordinatorRpc) => Promise<T>) => Promise<T>;
  readonly #executionId: string;

  /** `ask`: how the cell is asked, and whether again when it broke off. */
  constructor(ask: <T>(question: (cell: CoordinatorRpc) => Promise<T>) => Promise<T>, executionId: string) {
    this.#ask = ask;
    this.#executionId = executionId;
  }

  wait(ms: number): Promise<unknown> {
    return scheduler.wait(ms);
  }

  async record(): Promise<ExecutionRecord> {
    const record = await this.#ask((cell) => cell.get(this.#executionId));
    if (!record) throw new Error(`the cell lost ${this.#executionId}`);
    return record;
  }

  async tell({ path, attempt, report }: Parameters<Stage["tell"]>[0]): Promise<string | undefined> {
    const answer = await this.#ask((cell) =>
      cell.reportTask(this.#executionId, { path, runAttempt: 1, attempt }, report),
    );
    if (!answer) throw new Error(`the cell lost ${this.#executionId}`);
    if (answer.kind === "taken") return undefined;
    return answer.kind === "over" ? "CONFLICT" : answer.kind;
  }

  async act(command: RunCommand): Promise<string | undefined> {
    const answer = await this.#ask((cell) => cell.act(this.#executionId, command));
    if (!answer) throw new Error(`the cell lost ${this.#executionId}`);
    return answer.ok ? undefined : answer.code;
  }
}
