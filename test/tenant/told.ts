import type { RunCommand } from "../../engine/run/types.ts";

/** What a tenant object told a cell. */
export interface Told {
  cell: string;
  execution: string;
  command: RunCommand;
}
