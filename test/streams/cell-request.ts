import type { StepReport } from "../../contracts/rpc.ts";

/** What a test asks of a cell beside the API. */
export interface CellRequest {
  cell: string;
  ask:
    | { kind: "boot" }
    | { kind: "abort" }
    /** Closes every socket of readers and relays, as a deploy may. */
    | { kind: "hang up" }
    | { kind: "report"; executionId: string; path: string; attempt: number; report: StepReport };
}
