import type { CellStorage } from "../coordinator/cell-storage.ts";
import type { FreshOutput } from "./large-index.ts";
import { LargeTable } from "./large-table.ts";

/** In the commit of the events that hold them. With the end of its run, an execution's large outputs are in the object storage alone. */
export function storeLarge(
  storage: CellStorage,
  executionId: string,
  fresh: readonly FreshOutput[],
  ended: boolean,
): void {
  const table = new LargeTable(storage);
  for (const output of fresh) {
    table.keep(executionId, output);
    if (!ended) table.putText(executionId, output.sha256, output.json);
  }
  if (ended) table.dropTexts(executionId);
}
