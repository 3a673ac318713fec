import { Cell } from "./cell.ts";
import type { RunShape } from "./run-shape.ts";

const ONE_STEP: RunShape = { steps: 1, parallel: false };

/** One alarm for everything that is due at a time: it starts that many runs of one step. */
export class Clock extends Cell {
  #count = 0;
  #created: Promise<number[]> = Promise.resolve([]);

  async set(due: number, count: number): Promise<void> {
    this.#count = count;
    await this.ctx.storage.setAlarm(due);
  }

  override async alarm(): Promise<void> {
    const runs = Array.from({ length: this.#count }, async (_, index) => {
      const created = Date.now();
      await this.run(String(index), ONE_STEP, index);
      return created;
    });
    this.#created = Promise.all(runs);
    await this.#created;
  }

  /** When each run of the last alarm was started, when all of them are over. */
  created(): Promise<number[]> {
    return this.#created;
  }
}
