import { DurableObject } from "cloudflare:workers";
import { Placement } from "../../contracts/placement.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import type { ActionCall, RunCommand } from "../../engine/run/types.ts";
import type { Result } from "../../contracts/errors.ts";
import type { ChainLink, EventPage, HistoryPart } from "../../contracts/execution-history.ts";
import type { ExecutionTrace } from "../../contracts/execution-trace.ts";
import type { ExecutionRecord, StepRecord } from "../../contracts/execution.ts";
import type { BudgetList, LeaseReport } from "../../contracts/lease.ts";
import type { FeedRpc, KnownWish } from "../../contracts/feed-rpc.ts";
import type { MigrateCommand, Migration } from "../../contracts/migration.ts";
import type { HttpPluginRpc } from "../../contracts/http-plugin-rpc.ts";
import type {
  CoordinatorRpc,
  ExecutionPlan,
  LoggedUsageQuery,
  OutboxPage,
  CallContext,
  PluginRpc,
  StartAnswer,
  StartCommand,
  StepReport,
  TaskFinisherRpc,
  TenantRpc,
} from "../../contracts/rpc.ts";
import type { TaskAnswer, TaskAttempt, TaskReport } from "../../contracts/task-rpc.ts";
import type { ServicesRpc } from "../../contracts/services-rpc.ts";
import { TaskTokens } from "../../contracts/task-token.ts";
import type { LeftInCell, Purged } from "../../contracts/purged.ts";
import { deploymentLimits, limitsOf, retentionMs } from "../../contracts/limits.ts";
import type { LoggedUsage, MeteredUpTo } from "../../contracts/usage.ts";
import { TimerQueue } from "../timer-queue.ts";
import { Cell } from "./cell.ts";
import { CellStorage } from "./cell-storage.ts";
import { cachedCalls, cachedFinish } from "./cached-calls.ts";
import { LogSockets } from "./log-sockets.ts";
import type {} from "./fault-point.ts";
import { r2Objects } from "../archive/r2-objects.ts";
import { callPlugin } from "./plugin-calls.ts";

/** The bindings a coordinator object needs; the platform Worker's configuration gives them. */
export interface CoordinatorEnv {
  TOOLBOX_PLUGIN: PluginRpc;
  HTTP_PLUGIN: HttpPluginRpc & TaskFinisherRpc;
  CODE_PLUGIN: PluginRpc;
  OUTBOX: { send(message: { cell: string }): Promise<unknown> };
  TENANT: { getByName(name: string): TenantRpc };
  COORDINATOR: { getByName(name: string): Pick<CoordinatorRpc, "claimKey"> };
  FEED: { getByName(name: string): FeedRpc };
  SERVICES: { getByName(name: string): Pick<ServicesRpc, "attemptOver"> };
  /** Archived executions. */
  OBJECTS: R2Bucket;
  /** Base64 of 32 bytes: signs execution ids. */
  EXECUTION_ID_KEY: string;
  DEFAULT_LIMITS?: string;
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
  #taskTokens: TaskTokens | undefined;

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
        (call, context) => callPlugin(plugins, call, this.#withTaskToken(call, context), report),
        () => this.#tenant,
        Date.now,
      ),
      finish: cachedFinish(
        (call, context, envelope, revealed) => env.HTTP_PLUGIN.finish(call, context, envelope, revealed),
        () => this.#tenant,
        Date.now,
      ),
      maskSaid: (call, context, text, revealed) => env.HTTP_PLUGIN.maskSaid(call, context, text, revealed),
      // A place that is not given back is free when the attempt's time is over.
      taskOver: (attempt) => void this.#services.attemptOver(attempt).catch(() => undefined),
      tenant: {
        acquireSlot: (executionId, rule, priority) =>
          this.#tenant.acquireSlot({ ...rule, executionId, priority, cell: this.#name }),
        releaseSlot: (executionId) => this.#tenant.releaseSlot(executionId),
        slotPosition: (executionId) => this.#tenant.slotPosition(executionId),
        awaitEvent: (executionId, path, { event: name, key = "", channel, filter }) =>
          this.#tenant.awaitEvent({ executionId, path, name, key, channel, filter, cell: this.#name }),
        askLeases: (question) => this.#tenant.askLeases({ ...question, holder: this.#name }),
        forgetWait: (executionId, path) => this.#tenant.forgetWait(executionId, path),
      },
      objects: r2Objects(env.OBJECTS),
      objectsPrefix: `${this.#owner}/`,
      retentionMs: async () =>
        retentionMs(limitsOf(deploymentLimits(env.DEFAULT_LIMITS), (await this.#tenant.settings()).limits)),
      claimKey: (cell, key) => this.env.COORDINATOR.getByName(cell).claimKey(key, this.#name),
      childId: (parent, seed) => this.#placement.child(parent, parent.executionId, seed),
      setAlarm: (at) => void ctx.storage.setAlarm(at),
      hintOutbox: () => void this.#hint(),
      pushToFeed: (items) => this.#feed.push(items),
      ...(this.#isolated ? { askWish: () => this.#feed.wish() } : {}),
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

  async readHistory(executionId: string, after: number, exact: boolean, upTo: number): Promise<HistoryPart | null> {
    await this.#cell.retention.bring(executionId);
    return this.#cell.events.history(executionId, after, exact, upTo);
  }

  async keepLinks(executionId: string, links: readonly ChainLink[]): Promise<void> {
    return this.#cell.events.keepLinks(executionId, links);
  }

  async report(executionId: string, path: string, attempt: number, report: StepReport): Promise<boolean> {
    return this.#cell.report(executionId, path, attempt, report);
  }

  async reportTask(executionId: string, which: TaskAttempt, report: TaskReport): Promise<TaskAnswer | null> {
    return this.#cell.reportTask(executionId, which, report);
  }

  async setFeed(wish: KnownWish): Promise<void> {
    this.#cell.setFeed(wish);
  }

  async act(executionId: string, command: RunCommand, source?: PlanSource): Promise<Result<ExecutionRecord> | null> {
    return this.#cell.act(executionId, command, source);
  }

  async migrate(executionId: string, command: MigrateCommand): Promise<Result<Migration> | null> {
    return this.#cell.migrate(executionId, command);
  }

  async planOf(executionId: string): Promise<ExecutionPlan | null> {
    return this.#cell.planOf(executionId);
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

  async readOutbox(after: number, limit: number): Promise<OutboxPage> {
    return this.#cell.readOutbox(after, limit);
  }

  async ackOutbox(change: number, metered?: readonly MeteredUpTo[]): Promise<void> {
    this.#cell.ackOutbox(change, metered);
  }

  async reportUsage(): Promise<void> {
    this.#cell.reportUsage();
  }

  async traces(ids: string[]): Promise<ExecutionTrace[]> {
    await this.#cell.retention.bringRows(ids);
    return this.#cell.traces(ids);
  }

  async loggedUsage(query: LoggedUsageQuery): Promise<LoggedUsage[]> {
    if ("ids" in query) await this.#cell.retention.bringRows(query.ids);
    return this.#cell.loggedUsage(query);
  }

  async wake(retentionMs?: number): Promise<number> {
    this.#cell.tick(retentionMs);
    return this.#cell.unfinished;
  }

  async purge(executionId: string, actor: string): Promise<Result<Purged> | null> {
    return this.#cell.retention.purge(executionId, actor);
  }

  async duePurges(): Promise<Purged[]> {
    return this.#cell.retention.duePurges();
  }

  async purged(executionIds: string[]): Promise<void> {
    this.#cell.retention.purged(executionIds);
  }

  async leftOf(executionIds: string[]): Promise<LeftInCell> {
    return this.#cell.retention.leftOf(executionIds);
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

  get #services(): Pick<ServicesRpc, "attemptOver"> {
    return this.env.SERVICES.getByName(this.#owner);
  }

  get #feed(): FeedRpc {
    return this.env.FEED.getByName(this.#owner);
  }

  /** The name of its tenant's objects. */
  get #owner(): string {
    return this.#name.slice(0, this.#name.lastIndexOf("/"));
  }

  get #placement(): Placement {
    this.#idKey ??= new Placement(this.#deploymentKey);
    return this.#idKey;
  }

  get #deploymentKey(): Uint8Array {
    return Uint8Array.from(atob(this.env.EXECUTION_ID_KEY), (letter) => letter.charCodeAt(0));
  }

  /** A service may finish the attempt later, with this. */
  #withTaskToken(call: ActionCall, context: CallContext): CallContext {
    const { plugin, handler } = call.action;
    if (plugin !== "http" && plugin !== "code") return context;
    const known = { ...context, cell: this.#name };
    if (handler.style !== "service") return known;
    this.#taskTokens ??= new TaskTokens(this.#deploymentKey);
    const { tenantId, environment, executionId, runAttempt } = context;
    const { path, attempt } = call;
    const taskToken = this.#taskTokens.issue({ tenantId, environment, executionId, path, runAttempt, attempt });
    return { ...known, taskToken };
  }

  /** Its name ends in a shard `s…`, or in `i…` when it holds one isolated execution. */
  get #isolated(): boolean {
    return this.ctx.id.name?.split("/").at(-1)?.startsWith("i") ?? false;
  }

  /**
   * Once in a cell's life, before its first start: from then on the sweeper and the feed know it, whatever is killed. An isolated
   * execution's object stays unknown: what its tenant's feed wants later, it asks when it has something to tell.
   */
  async #register(): Promise<void> {
    const name = this.#name;
    globalThis.faultPoint?.("register.before");
    if (!this.#isolated) await this.#tenant.registerCell(name);
    globalThis.faultPoint?.("register.told");
    const wish = await this.#feed.wish();
    globalThis.faultPoint?.("register.wish");
    this.#cell.setFeed(wish);
    if (!this.#isolated) {
      this.#storage.prepare();
      this.#storage.putFact(REGISTERED, name);
    }
    globalThis.faultPoint?.("register.done");
    this.#registered = true;
  }

  async #hint(): Promise<void> {
    const cell = this.ctx.id.name;
    globalThis.faultPoint?.("hint.before");
    if (cell !== undefined) await this.env.OUTBOX.send({ cell }).catch(() => undefined);
    globalThis.faultPoint?.("hint.sent");
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
