import { DurableObject } from "cloudflare:workers";
import type { TaskTokenRpc } from "../../contracts/task-rpc.ts";
import { ObjectSql } from "../object-sql.ts";
import { TASK_TOKEN_MIGRATIONS, TokenTable } from "./token-table.ts";

/** Expired tokens are swept together. */
const SWEEP_MS = 3_600_000;

/** A part of the task tokens that services made themselves, by the beginning of their hashes. */
export class TaskTokens extends DurableObject<object> implements TaskTokenRpc {
  readonly #table: TokenTable;
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(ctx: DurableObjectState, env: object) {
    super(ctx, env);
    this.#table = new TokenTable(new ObjectSql(ctx.storage, TASK_TOKEN_MIGRATIONS));
  }

  async claim(hash: string, owner: string, token: string, expiresAt: number): Promise<boolean> {
    const claimed = this.#table.claim(hash, owner, token, expiresAt, Date.now());
    if (!claimed) return false;
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(expiresAt + SWEEP_MS);
    for (const tell of this.#waiting.get(hash) ?? []) tell();
    return true;
  }

  async resolve(hash: string, waitMs: number): Promise<string | null> {
    const known = this.#table.find(hash);
    if (known !== null || waitMs <= 0) return known;
    await new Promise<void>((resolve) => {
      const waiting = this.#waiting.get(hash) ?? new Set();
      this.#waiting.set(hash, waiting);
      const end = (): void => {
        clearTimeout(timer);
        waiting.delete(end);
        if (waiting.size === 0) this.#waiting.delete(hash);
        resolve();
      };
      const timer = setTimeout(end, waitMs);
      waiting.add(end);
    });
    return this.#table.find(hash);
  }

  override async alarm(): Promise<void> {
    const next = this.#table.forgetExpired(Date.now());
    if (next !== null) await this.ctx.storage.setAlarm(next + SWEEP_MS);
  }
}
