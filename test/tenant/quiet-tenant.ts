import { NO_LEASES } from "./no-leases.ts";
import type { Result } from "../../contracts/errors.ts";
import type { ExecutionRecord } from "../../contracts/execution.ts";
import { SimulatedTenant } from "./simulated-tenant.ts";
import type { Told } from "./told.ts";

export type Answer = Result<ExecutionRecord> | null | "unreachable" | "silent";

/** A tenant object that nobody kills, whose cells answer what a test says, and what it told them. */
export class QuietTenant extends SimulatedTenant {
  readonly told: Told[] = [];
  readonly asked: string[] = [];

  constructor(answer: (told: Told) => Answer | Promise<Answer>, isLive: (execution: string) => boolean = () => true) {
    super({
      kill: () => false,
      cell: (cell) => ({
        ...NO_LEASES,
        act: async (execution, command) => {
          const told = { cell, execution, command };
          this.told.push(told);
          const said = await answer(told);
          if (said === "unreachable") throw new Error("the cell cannot be reached");
          return said === "silent" ? new Promise(() => undefined) : said;
        },
        isLive: async (execution) => {
          this.asked.push(execution);
          return isLive(execution);
        },
      }),
    });
  }

  /** What was told, short: `release exec_b`. */
  get words(): string[] {
    return this.told.map(({ command, execution }) => `${command.type} ${execution}`);
  }

  /** Lets `ms` pass, and everything that falls due in it. */
  async pass(ms: number): Promise<void> {
    await this.runUntil(this.clock.now() + ms);
  }
}
