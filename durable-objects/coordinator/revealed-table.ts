import type { CellStorage } from "./cell-storage.ts";
import { endsAttempt } from "./ends-attempt.ts";
import type { Resident } from "./resident.ts";
import { text } from "./stored-values.ts";

/** What services were given that finish their attempts later: sealed by the plugin, which alone opens it. Kept until the attempt is over. */
export class RevealedTable {
  readonly #storage: CellStorage;

  constructor(storage: CellStorage) {
    this.#storage = storage;
  }

  get(execution: string, path: string, attempt: number): string | undefined {
    const query = "SELECT sealed FROM task_revealed WHERE execution = ? AND path = ? AND attempt = ?";
    const row = this.#storage.read(query, execution, path, attempt)[0];
    return row && text(row.sealed);
  }

  /** With the events that are about to be written, in their transaction. */
  write({ head, pending, revealed, tasks }: Resident): void {
    const { executionId } = head;
    const put = new Set<string>();
    for (const event of pending) {
      if (event.type === "step.pending") {
        const kept = revealed.get(event.path);
        if (!kept) continue;
        put.add(event.path);
        const statement = "INSERT OR REPLACE INTO task_revealed VALUES (?, ?, ?, ?)";
        this.#storage.write(statement, executionId, event.path, kept.attempt, kept.sealed);
      } else if ("path" in event && event.path !== undefined && endsAttempt(event.type)) {
        if (!put.has(event.path) && !tasks.has(event.path)) continue;
        this.#storage.write("DELETE FROM task_revealed WHERE execution = ? AND path = ?", executionId, event.path);
      }
    }
  }
}
