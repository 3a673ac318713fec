import { DurableObject } from "cloudflare:workers";
import type {
  CampaignItemState,
  CampaignSteering,
  CampaignStepsRpc,
  CampaignsRpc,
  CampaignView,
  NewCampaign,
} from "../../contracts/campaigns-rpc.ts";
import { ObjectSql } from "../object-sql.ts";
import { CampaignBoard } from "./campaign-board.ts";
import { CAMPAIGNS_MIGRATIONS } from "./migrations.ts";

/** The entrypoint of this object's own Worker that acts on executions, as the runtime offers what `main.ts` exports. */
function stepsOf(ctx: DurableObjectState): CampaignStepsRpc {
  const { exports } = ctx as unknown as { exports: { CampaignSteps: CampaignStepsRpc } };
  return exports.CampaignSteps;
}

/** The campaigns of one tenant and environment. */
export class Campaigns extends DurableObject implements CampaignsRpc {
  readonly #board: CampaignBoard;

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as never);
    this.#board = new CampaignBoard(new ObjectSql(ctx.storage, CAMPAIGNS_MIGRATIONS), {
      now: Date.now,
      wait: (ms) => scheduler.wait(ms),
      steps: { step: (order, executionIds) => stepsOf(ctx).step(order, executionIds) },
      setAlarm: (at) => void ctx.storage.setAlarm(at),
      report: (message, error) => console.error(message, error),
    });
  }

  async create(campaign: NewCampaign) {
    return this.#board.create(campaign);
  }

  async get(id: string): Promise<CampaignView | null> {
    return this.#board.get(id);
  }

  async list(): Promise<CampaignView[]> {
    return this.#board.list();
  }

  async items(id: string, query: { state?: CampaignItemState; after: number; limit: number }) {
    return this.#board.items(id, query);
  }

  async steer(id: string, how: CampaignSteering, key?: string) {
    return this.#board.steer(id, how, key);
  }

  override async alarm(): Promise<void> {
    this.#board.onAlarm();
  }
}
