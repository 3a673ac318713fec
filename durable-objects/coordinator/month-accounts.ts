import { periodEnd, periodName } from "../../contracts/period.ts";

/** Names of the accounts that what is started and what is run counts on. */
export type MonthNames = readonly [executions: string, steps: string];

/** The accounts of the month that it is. Every commit asks, so they are named anew only when the month is another. */
export class MonthAccounts {
  #from = 0;
  #until = 0;
  #names: MonthNames = ["", ""];

  /** `now`: epoch ms. */
  at(now: number): MonthNames {
    if (now < this.#from || now >= this.#until) {
      const month = periodName("month", now);
      this.#from = Date.parse(`${month}-01T00:00:00Z`);
      this.#until = periodEnd(month) ?? this.#from;
      this.#names = [`executions_per_month@${month}`, `steps_per_month@${month}`];
    }
    return this.#names;
  }
}
