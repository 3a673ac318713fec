import { DurableObject } from "cloudflare:workers";
import { Placement } from "../../contracts/placement.ts";
import type { RunCommand } from "../../engine/run/types.ts";
import type { Result } from "../../contracts/errors.ts";
import type { ExecutionTrace } from "../../contracts/execution-trace.ts";
import type { ExecutionRecord, StepRecord } from "../../contracts/execution.ts";
import type { BudgetList, LeaseReport } from "../../contracts/lease.ts";
import type { FeedRpc, FeedWish } from "../../contracts/feed-rpc.ts";
import type {
  CoordinatorRpc,
  EventPage,
  LoggedUsageQuery,
  OutboxOptions,
  OutboxPage,
  PluginRpc,
  StartAnswer,
  StartCommand,
  StepReport,
  TenantRpc,
} from "../../contracts/rpc.ts";
import type { LoggedUsage, MeteredUpTo } from "../../contracts/usage.ts";
import { TimerQueue } from "../timer-queue.ts";
import { Cell } from "./cell.ts";
import { CellStorage } from "./cell-storage.ts";
import { cachedCalls } from "./cached-calls.ts";
import { LogSockets } from "./log-sockets.ts";
import { callPlugin } from "./plugin-calls.ts";

/** The bindings a coordinator object needs; the platform Worker's configuration gives them. */
export interface CoordinatorEnv {
  TOOLBOX_PLUGIN: PluginRpc;
  HTTP_PLUGIN: PluginRpc;
  CODE_PLUGIN: PluginRpc;
  OUTBOX: { send(message: { cell: string }): Promise<unknown> };
  TENANT: { getByName(name: string): TenantRpc };
  COORDINATOR: { getByName(name: string): Pick<CoordinatorRpc, "claimKey"> };
  FEED: { getByName(name: string): FeedRpc };
  /** Base64 of 32 bytes: signs execution ids. */
  EXECUTION_ID_KEY: string;
}

const REGISTERED = "registered";
/** Shared cells are woken by the sweeper after a crash, and by their alarm should that be lost too. */
const SHARED_ALARM_MS = 60_000;
/** An isolated execution's object is known to nobody else: its alarm alone brings it back. */
const ISOLATED_ALARM_MS = 5_000;

/** The coordinator object: a shell that gives a cell its storage, timers, plugin Workers and name. */
export class Coordinator extends DurableObject<CoordinatorEnv> implements CoordinatorRpc {
  readonly #cell: Cell;
  readonly #storage: CellStorage;
  readonly #sockets: LogSockets;
  #registered: boolean;
  #idKey: Placement | undefined;

  constructor(ctx: DurableObjectState, env: CoordinatorEnv) {
    super(ctx, env);
    const plugins = { toolbox: env.TOOLBOX_PLUGIN, http: env.HTTP_PLUGIN, code: env.CODE_PLUGIN };
    this.#storage = new CellStorage(ctx.storage);
    this.#registered = this.#storage.fact(REGISTERED) !== undefined;
    this.#cell = new Cell({
      storage: this.#storage,
      timers: new TimerQueue({ now: Date.now, wake }),
      alarmMs: this.#isolated ? ISOLATED_ALARM_MS : SHARED_ALARM_MS,
      single: this.#isolated,
      now: Date.now,
      wait: (ms) => scheduler.wait(ms),
      call: cachedCalls(
        (call, context) => callPlugin(plugins, call, context, report),
        () => this.#tenant,
        Date.now,
      ),
      tenant: {
        acquireSlot: (executionId, rule, priority) =>
          this.#tenant.acquireSlot({ ...rule, executionId, priority, cell: this.#name }),
        releaseSlot: (executionId) => this.#tenant.releaseSlot(executionId),
        awaitEvent: (executionId, path, { event: name, key = "", channel, filter }) =>
          this.#tenant.awaitEvent({ executionId, path, name, key, channel, filter, cell: this.#name }),
        askLeases: (question) => this.#tenant.askLeases({ ...question, holder: this.#name }),
        forgetWait: (executionId, path) => this.#tenant.forgetWait(executionId, path),
      },
      claimKey: (cell, key) => this.env.COORDINATOR.getByName(cell).claimKey(key, this.#name),
      childId: (parent, seed) => this.#placement.child(parent, parent.executionId, seed),
      setAlarm: (at) => void ctx.storage.setAlarm(at),
      hintOutbox: () => void this.#hint(),
      pushToFeed: (items) => this.#feed.push(items),
      report,
    });
    this.#sockets = new LogSockets(ctx, this.#cell.events);
    this.#cell.recover();
  }

  async start(command: StartCommand): Promise<StartAnswer> {
    if (!this.#registered) await this.#register();
    return this.#cell.start(command);
  }

  async get(executionId: string, options?: { waitMs?: number }): Promise<ExecutionRecord | null> {
    return this.#cell.get(executionId, options?.waitMs);
  }

  async getStep(executionId: string, path: string): Promise<StepRecord | null> {
    return this.#cell.getStep(executionId, path);
  }

  async readEvents(executionId: string, options: { after: number; waitMs?: number }): Promise<EventPage | null> {
    return this.#cell.readEvents(executionId, options.after, options.waitMs);
  }

  async report(executionId: string, path: string, attempt: number, report: StepReport): Promise<boolean> {
    return this.#cell.report(executionId, path, attempt, report);
  }

  async setFeed(wish: FeedWish): Promise<void> {
    this.#cell.setFeed(wish);
  }

  async act(executionId: string, command: RunCommand): Promise<Result<ExecutionRecord> | null> {
    return this.#cell.act(executionId, command);
  }

  async claimKey(key: string, by: string): Promise<string | null> {
    return this.#cell.claimKey(key, by, this.#name);
  }

  async reportLease(account: string, mark?: number): Promise<LeaseReport | null> {
    return this.#cell.reportLease(account, mark);
  }

  async leasesChanged(budgets: BudgetList): Promise<void> {
    this.#cell.leasesChanged(budgets);
  }

  async isLive(executionId: string): Promise<boolean> {
    return this.#cell.isLive(executionId);
  }

  async readOutbox(after: number, limit: number, options?: OutboxOptions): Promise<OutboxPage> {
    return this.#cell.readOutbox(after, limit, options);
  }

  async ackOutbox(change: number, metered?: readonly MeteredUpTo[]): Promise<void> {
    this.#cell.ackOutbox(change, metered);
  }

  async reportUsage(): Promise<void> {
    this.#cell.reportUsage();
  }

  async traces(ids: string[]): Promise<ExecutionTrace[]> {
    return this.#cell.traces(ids);
  }

  async loggedUsage(query: LoggedUsageQuery): Promise<LoggedUsage[]> {
    return this.#cell.loggedUsage(query);
  }

  async wake(): Promise<number> {
    this.#cell.tick();
    return this.#cell.unfinished;
  }

  /** Sockets by which executions are followed: see `LogSockets`. */
  override async fetch(request: Request): Promise<Response> {
    return this.#sockets.open(request);
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    this.#sockets.receive(socket, message);
  }

  override webSocketClose(socket: WebSocket): void {
    this.#sockets.drop(socket);
  }

  override webSocketError(socket: WebSocket): void {
    this.#sockets.drop(socket);
  }

  override async alarm(): Promise<void> {
    this.#cell.onAlarm();
  }

  get #name(): string {
    const { name } = this.ctx.id;
    if (name === undefined) throw new Error("a coordinator is addressed by its name");
    return name;
  }

  /** The objects of this cell's tenant: a new stub at each call, because one whose object was reset stays broken. */
  get #tenant(): TenantRpc {
    return this.env.TENANT.getByName(this.#owner);
  }

  get #feed(): FeedRpc {
    return this.env.FEED.getByName(this.#owner);
  }

  /** The name of its tenant's objects. */
  get #owner(): string {
    return this.#name.slice(0, this.#name.lastIndexOf("/"));
  }

  get #placement(): Placement {
    this.#idKey ??= new Placement(Uint8Array.from(atob(this.env.EXECUTION_ID_KEY), (letter) => letter.charCodeAt(0)));
    return this.#idKey;
  }

  /** Its name ends in a shard `s…`, or in `i…` when it holds one isolated execution. */
  get #isolated(): boolean {
    return this.ctx.id.name?.split("/").at(-1)?.startsWith("i") ?? false;
  }

  /**
   * Once in a cell's life, before its first start: from then on the sweeper and the feed know it, whatever is killed. An isolated
   * execution's object stays unknown; what its tenant's feed wants, it learns here for good.
   */
  async #register(): Promise<void> {
    const name = this.#name;
    if (!this.#isolated) await this.#tenant.registerCell(name);
    const wish = await this.#feed.wish();
    if (wish) this.#cell.setFeed(wish);
    if (!this.#isolated) {
      this.#storage.prepare();
      this.#storage.putFact(REGISTERED, name);
    }
    this.#registered = true;
  }

  async #hint(): Promise<void> {
    const cell = this.ctx.id.name;
    if (cell !== undefined) await this.env.OUTBOX.send({ cell }).catch(() => undefined);
  }
}

/** For the operator's log. What a user may see of a fault is decided where the fault is answered. */
function report(message: string, error: unknown): void {
  console.error(message, error);
}

function wake(ms: number, task: () => void): () => void {
  const timer = setTimeout(task, ms);
  return () => clearTimeout(timer);
}
