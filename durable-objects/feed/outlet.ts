import { TERMINAL_EVENTS, type ExecutionEvent } from "../../contracts/execution-event.ts";
import { ENDPOINT_DISABLED, isSubscribed, typesOf } from "../../contracts/event-types.ts";
import type { FeedItem, KnownWish } from "../../contracts/feed-rpc.ts";
import { ID_PREFIX } from "../../contracts/ids.ts";
import type { DisabledReason, FeedPage, FeedRead, WebhookEndpoint } from "../../contracts/webhooks-rpc.ts";
import type { ObjectSql } from "../object-sql.ts";
import { CellsToTell } from "./cells-to-tell.ts";
import { Deliverer } from "./deliverer.ts";
import { DeliveryTable } from "./delivery-table.ts";
import { EndpointTable } from "./endpoint-table.ts";
import { EventLog } from "./event-log.ts";
import type { FeedPorts } from "./feed-ports.ts";
import { callbackMessage, eventMessage, type Message, otherMessage } from "./message.ts";
import { Notices } from "./notices.ts";
import type { LoggedEvent } from "./reader-sockets.ts";
import { MOST_ATTEMPTS } from "./retry-schedule.ts";
import { Housekeeping } from "./housekeeping.ts";
import { callbackTarget } from "./callback-target.ts";
import { withoutQuery } from "./without-query.ts";

/** Open deliveries of one target; beyond them a new one is given up at once, to be sent again by hand. */
const MOST_OPEN = 20_000;

const ALARM_PAUSE_MS = 100;
const ALARM_AGAIN_MS = 60_000;
/** A reader waits at most so long for the cells to know of it. */
const TOLD_MS = 2_000;

/**
 * What leaves a tenant's executions on its own account. It keeps nothing in memory that a kill would lose: what is still to be
 * done stands in a table with the time when it is due, and the object's one alarm is set for the first of these.
 */
export class Outlet {
  readonly endpoints: EndpointTable;
  readonly deliveries: DeliveryTable;
  readonly deliverer: Deliverer;
  readonly notices: Notices;
  readonly #sql: ObjectSql;
  readonly #ports: FeedPorts;
  readonly #log: EventLog;
  readonly #cells: CellsToTell;
  readonly #house: Housekeeping;
  /** Open deliveries by target, as far as they have been counted. */
  readonly #open = new Map<string, number>();
  #alarmAt: number | undefined;

  constructor(sql: ObjectSql, ports: FeedPorts) {
    this.#sql = sql;
    this.#ports = ports;
    this.endpoints = new EndpointTable(sql);
    this.deliveries = new DeliveryTable(sql);
    this.#log = new EventLog(sql);
    this.notices = new Notices(sql, ports);
    this.#cells = new CellsToTell(sql, ports, () => this.changed());
    this.#house = new Housekeeping(this.deliveries, this.#log);
    this.deliverer = new Deliverer({
      deliveries: this.deliveries,
      endpoints: this.endpoints,
      ports,
      atomically: (work) => this.atomically(work),
      switchOff: (endpoint, reason) => this.#switchOff(endpoint, reason),
      changed: () => this.changed(),
    });
  }

  push(items: readonly FeedItem[]): void {
    const logged = this.atomically(() => {
      const grown: LoggedEvent[] = [];
      for (const item of items)
        for (const event of item.events)
          if (this.#take(item, event))
            grown.push({ type: event.type, workflow: event.workflow_id, executionId: item.executionId });
      return grown;
    });
    if (logged.length > 0) this.#ports.logged(logged);
    this.changed();
  }

  wish(): KnownWish {
    return this.#cells.wish();
  }

  /** Somebody reads the tenant's stream. Resolves when the cells know, or are late to. */
  async wantLog(): Promise<number> {
    const now = this.#ports.now();
    this.atomically(() => {
      this.#log.want(now);
      this.refreshWish();
    });
    const last = this.#log.last();
    const told = this.#cells.tell();
    this.changed();
    await Promise.race([told, new Promise<void>((resolve) => void this.#ports.later(TOLD_MS, resolve))]);
    return last;
  }

  readLog(read: FeedRead): FeedPage {
    return this.#log.read(read);
  }

  /** Executions were purged: nothing of them is kept, and what was still to be sent is not. */
  forget(executions: readonly string[]): number {
    const gone = this.atomically(() => this.deliveries.forget(executions) + this.#log.forget(executions));
    this.changed();
    return gone;
  }

  /** How many rows there are of these executions. */
  leftOf(executions: readonly string[]): number {
    return this.deliveries.of(executions) + this.#log.of(executions);
  }

  lastLogged(): number {
    return this.#log.last();
  }

  /** What the cells should push, by the endpoints and readers there are now. In the transaction that changed them. */
  refreshWish(): void {
    const enabled = this.endpoints.all().filter((endpoint) => endpoint.enabled);
    const types = typesOf(enabled.flatMap(({ eventTypes }) => eventTypes));
    if (this.#log.wanted(this.#ports.now())) this.#cells.set({ types: "all" });
    else this.#cells.set(types.length === 0 ? null : { types });
  }

  atomically<T>(work: () => T): T {
    try {
      return this.#sql.atomically(work);
    } catch (error) {
      this.endpoints.forget();
      this.#open.clear();
      throw error;
    }
  }

  /** Goes on with whatever can be done now, and sets the alarm for the rest. */
  changed(notBefore = 0): void {
    this.#orLater(() => {
      const now = this.#ports.now();
      // A settled delivery has made room.
      this.#open.clear();
      this.deliverer.pump();
      this.#cells.tell().catch((error: unknown) => this.#ports.report("the cells could not be told", error));
      const dues = [this.deliverer.nextDue(), this.#cells.nextDue(), this.notices.nextDue(), this.#house.nextDue(now)];
      for (const due of dues) {
        if (due === null || (this.#alarmAt !== undefined && this.#alarmAt <= due)) continue;
        this.#alarmAt = Math.max(due, now, notBefore);
        this.#ports.setAlarm(this.#alarmAt);
      }
    });
  }

  onAlarm(readers: number): void {
    this.#alarmAt = undefined;
    this.#orLater(() => {
      const now = this.#ports.now();
      this.atomically(() => {
        if (readers > 0) this.#log.want(now);
        this.#house.onAlarm(now);
        this.refreshWish();
      });
      this.notices.onAlarm();
      // Whatever is wrong with a due time, it does not ring without pause.
      this.changed(now + ALARM_PAUSE_MS);
    });
  }

  /** An alarm that throws is given up by the platform after a few tries, and nothing would ring any more. */
  #orLater(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#ports.report("the feed could not go on", error);
      this.#alarmAt = this.#ports.now() + ALARM_AGAIN_MS;
      this.#ports.setAlarm(this.#alarmAt);
    }
  }

  /** One payload to one endpoint. Answers the delivery's sequence. */
  deliver(message: Message, seq: number, to: WebhookEndpoint | { url: string }, most = MOST_ATTEMPTS): number {
    const endpoint = "id" in to ? to : null;
    const target = endpoint?.id ?? callbackTarget(to.url);
    const { execution, type } = message;
    const open = this.#open.get(target) ?? this.deliveries.countOpen(target);
    const full = open >= MOST_OPEN || this.#house.full;
    const behind = endpoint?.ordered === true && execution !== null && this.deliveries.hasOpen(target, execution);
    const delivery = this.deliveries.insert({
      id: this.#ports.newId(ID_PREFIX.delivery),
      message: seq,
      target,
      endpoint: endpoint?.id ?? null,
      url: endpoint === null ? to.url : null,
      execution,
      type,
      state: full ? "failed" : behind ? "held" : "pending",
      reason: full ? "backlog" : null,
      most,
      now: this.#ports.now(),
    });
    this.#open.set(target, full ? open : open + 1);
    this.#house.added(delivery, this.#ports.now());
    return delivery;
  }

  /** True when the log of the tenant's stream has grown. */
  #take(item: FeedItem, event: ExecutionEvent): boolean {
    const now = this.#ports.now();
    const wanting = this.endpoints
      .wanting(event.type, Date.parse(event.timestamp))
      // A cell that looks back tells of what was before: order is asked for, so it is too late for that.
      .filter((it) => !it.ordered || !this.deliveries.hasLater(it.id, item.executionId, event.id));
    if (wanting.length > 0) this.#send(eventMessage(item, event), wanting);
    if (item.callbackUrl !== undefined && TERMINAL_EVENTS.has(event.type))
      this.#send(callbackMessage(item, event), [{ url: item.callbackUrl }]);
    const position = this.#log.wanted(now) ? this.#log.add(item, event, now) : undefined;
    if (position !== undefined) this.#house.added(position, now);
    return position !== undefined;
  }

  #send(message: Message, to: readonly (WebhookEndpoint | { url: string })[]): void {
    const seq = this.deliveries.insertMessage(message);
    if (seq !== undefined) for (const receiver of to) this.deliver(message, seq, receiver);
  }

  #switchOff(id: string, reason: DisabledReason): void {
    const now = this.#ports.now();
    const endpoint = this.endpoints.find(id);
    if (endpoint === undefined) return;
    this.endpoints.disable(id, reason, now);
    this.deliveries.giveUp(id, "endpoint_disabled", now);
    this.notices.add({ action: "webhook_endpoint.disabled", subject: id, actor: "platform" });
    const others = this.endpoints.all().filter((it) => it.enabled && isSubscribed(it.eventTypes, ENDPOINT_DISABLED));
    const data = { endpoint_id: id, url: withoutQuery(endpoint.url), reason };
    if (others.length > 0)
      this.#send(otherMessage("notice", `${id}:${ENDPOINT_DISABLED}:${now}`, ENDPOINT_DISABLED, now, data), others);
    this.refreshWish();
  }
}
