import { DurableObject } from "cloudflare:workers";
import type {
  ConnectionRpc,
  GivenUp,
  KeptToken,
  PendingAuthorization,
  TokenAnswer,
  TokenAsk,
} from "../../contracts/connection-rpc.ts";
import { ObjectSql } from "../object-sql.ts";
import { CONNECTION_MIGRATIONS } from "./migrations.ts";
import { TokenKeeper } from "./token-keeper.ts";

/** One OAUTH2 connection of a tenant and environment: docs/design/connections.md. */
export class Connection extends DurableObject implements ConnectionRpc {
  readonly #keeper: TokenKeeper;

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as never);
    this.#keeper = new TokenKeeper(new ObjectSql(ctx.storage, CONNECTION_MIGRATIONS), {
      now: Date.now,
      later(ms, task) {
        const timer = setTimeout(task, ms);
        return () => clearTimeout(timer);
      },
      newLease: () => crypto.randomUUID(),
    });
  }

  async token(ask: TokenAsk): Promise<TokenAnswer> {
    return this.#keeper.token(ask);
  }

  async store(lease: string, token: KeptToken): Promise<boolean> {
    return this.#keeper.store(lease, token);
  }

  async giveUp(lease: string, outcome: GivenUp): Promise<boolean> {
    return this.#keeper.giveUp(lease, outcome);
  }

  async beginAuthorization(pending: PendingAuthorization): Promise<void> {
    this.#keeper.beginAuthorization(pending);
  }

  async takeAuthorization(nonce: string): Promise<{ sealed: string; version: number } | null> {
    return this.#keeper.takeAuthorization(nonce);
  }

  async grant(token: KeptToken): Promise<boolean> {
    return this.#keeper.grant(token);
  }

  async kept(): Promise<KeptToken | null> {
    return this.#keeper.kept();
  }

  async reseal(token: KeptToken): Promise<boolean> {
    return this.#keeper.reseal(token);
  }

  async forget(of?: { deleted: boolean }): Promise<void> {
    this.#keeper.forget(of);
  }
}
