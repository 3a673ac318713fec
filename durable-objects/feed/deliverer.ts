import type { WebhookAnswer } from "../../contracts/webhook-delivery.ts";
import type { DeliveryTable, OpenDelivery } from "./delivery-table.ts";
import type { EndpointTable } from "./endpoint-table.ts";
import type { FeedPorts } from "./feed-ports.ts";
import { Lanes } from "./lanes.ts";
import { retryDelayMs } from "./retry-schedule.ts";
import { within } from "./within.ts";

/** The plugin Worker gives up after 15 s; past this the plugin itself has not answered. */
const PATIENCE_MS = 30_000;
/** While anything is in flight, the alarm is never further ahead: after a crash it brings the object back. */
const RECOVERY_MS = 10_000;
/** The platform's own fault is no attempt; it is tried again after this. */
const PLATFORM_FAULT_MS = 5_000;
/** How long an endpoint may fail, with no success in between, until it is switched off. */
export const GIVEN_UP_AFTER_MS = 5 * 86_400_000;
/** Longer than between two attempts at one delivery: after it, nothing was tried for a while. */
const SILENCE_MS = 13 * 3_600_000;

interface DelivererDeps {
  deliveries: DeliveryTable;
  endpoints: EndpointTable;
  ports: FeedPorts;
  atomically<T>(work: () => T): T;
  /** It answered that it is gone, or has failed for too long. Within the transaction of the attempt. */
  switchOff(endpoint: string, reason: "gone" | "failing"): void;
  /** Something was begun or settled: the alarm may have to be set, others may have their turn. */
  changed(): void;
}

/**
 * Sends what is due. Nothing durable says that an attempt is in flight: what was not settled when the object died is still
 * due, and is sent again with the same id and body.
 */
export class Deliverer {
  readonly #deps: DelivererDeps;
  readonly #lanes = new Lanes();
  readonly #settled = new Map<number, (() => void)[]>();
  /** Where the next round begins, so that nobody is always the last. */
  #turn = 0;

  constructor(deps: DelivererDeps) {
    this.#deps = deps;
  }

  /** When the alarm has to ring for deliveries; null: not at all. */
  nextDue(): number | null {
    const now = this.#deps.ports.now();
    const dues = this.#deps.deliveries.targets().map(({ due }) => due);
    // What is overdue while something is in flight has its turn when that is settled.
    if (this.#lanes.busy) return Math.min(now + RECOVERY_MS, ...dues.filter((due) => due > now));
    return dues.length === 0 ? null : Math.max(now, Math.min(...dues));
  }

  /** Begins as many attempts as there is room for. */
  pump(): void {
    const now = this.#deps.ports.now();
    const targets = this.#deps.deliveries.targets().filter(({ due }) => due <= now);
    this.#turn += 1;
    for (let at = 0; at < targets.length; at += 1) {
      const target = targets[(at + this.#turn) % targets.length]?.target ?? "";
      const room = this.#lanes.room(target);
      if (room <= 0) continue;
      const due = this.#deps.deliveries.due(target, now, room + this.#lanes.inFlight(target));
      for (const seq of due.filter((it) => !this.#lanes.has(target, it)).slice(0, room)) this.#begin(seq);
    }
  }

  /** Resolves after the attempt of this delivery that is in flight, if one is. */
  settled(seq: number): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#settled.get(seq) ?? [];
      waiting.push(resolve);
      this.#settled.set(seq, waiting);
    });
  }

  #begin(seq: number): void {
    const { deliveries, endpoints, ports } = this.#deps;
    const delivery = deliveries.open(seq);
    if (delivery === undefined) return;
    const url = delivery.url ?? (delivery.endpoint === null ? undefined : endpoints.find(delivery.endpoint)?.url);
    if (url === undefined) return this.#deps.atomically(() => deliveries.finish(seq, "failed", "deleted", ports.now()));
    this.#lanes.begin(delivery.target, seq);
    void this.#attempt(delivery, url);
  }

  async #attempt(delivery: OpenDelivery, url: string): Promise<void> {
    const { endpoints, ports } = this.#deps;
    const begun = ports.now();
    const answer = await this.#send(delivery, url);
    const ok = answer !== undefined && isSuccess(answer);
    try {
      this.#deps.atomically(() => {
        if (answer === undefined) this.#deps.deliveries.retry(delivery.seq, ports.now() + PLATFORM_FAULT_MS);
        else this.#settle(delivery, url, begun, answer);
      });
    } catch (error) {
      endpoints.forget();
      ports.report("an attempt could not be recorded", error);
      // It is still due: not at once again.
      await new Promise<void>((resolve) => void ports.later(PLATFORM_FAULT_MS, resolve));
    } finally {
      this.#lanes.end(delivery.target, delivery.seq, { ok, elapsedMs: ports.now() - begun });
      for (const tell of this.#settled.get(delivery.seq) ?? []) tell();
      this.#settled.delete(delivery.seq);
      this.#deps.changed();
    }
  }

  /** Undefined when the platform itself failed. */
  #send({ webhookId, body, endpoint }: OpenDelivery, url: string): Promise<WebhookAnswer | undefined> {
    const { endpoints, ports } = this.#deps;
    const secrets = endpoints.secrets(endpoint, ports.now());
    const request = { ...ports.owner(), url, id: webhookId, body, secrets };
    return within(ports, PATIENCE_MS, "a webhook was not taken by the plugin Worker", () => ports.send(request));
  }

  #settle(delivery: OpenDelivery, url: string, begun: number, answer: WebhookAnswer): void {
    const { deliveries, ports } = this.#deps;
    const { seq, attempts, kind } = delivery;
    const now = ports.now();
    const before = deliveries.standing(seq);
    if (before === undefined) return;
    deliveries.addAttempt(seq, attempts + 1, begun, url, answer);
    const tries = before.tries + 1;
    if (isSuccess(answer)) {
      deliveries.finish(seq, "delivered", null, now);
    } else if (before.state === "pending") {
      const reason = whyOver(delivery, tries, answer);
      if (reason === null) deliveries.retry(seq, now + retryDelayMs(tries, ports.random(), answer.retryAfterMs));
      else deliveries.finish(seq, "failed", reason, now);
    }
    if (kind !== "test") this.#judge(delivery, answer, now);
    if (delivery.execution !== null && deliveries.standing(seq)?.state !== "pending")
      deliveries.releaseNext(delivery.target, delivery.execution, now);
  }

  /** What an attempt says of its endpoint. */
  #judge({ endpoint: id }: OpenDelivery, answer: WebhookAnswer, now: number): void {
    const endpoint = id === null ? undefined : this.#deps.endpoints.find(id);
    if (endpoint === undefined) return;
    if (isSuccess(answer)) {
      if (endpoint.failingSince !== null) this.#deps.endpoints.succeeded(endpoint.id);
      return;
    }
    const failingSince = this.#deps.endpoints.failed(endpoint.id, now, SILENCE_MS);
    if (!endpoint.enabled) return;
    if (answer.status === 410) this.#deps.switchOff(endpoint.id, "gone");
    else if (now - failingSince >= GIVEN_UP_AFTER_MS) this.#deps.switchOff(endpoint.id, "failing");
  }
}

function isSuccess({ status }: WebhookAnswer): boolean {
  return status !== null && status >= 200 && status < 300;
}

/** Why there is no further attempt after so many; null when there is one. */
function whyOver({ kind, most }: OpenDelivery, tries: number, { status, fault }: WebhookAnswer): string | null {
  if (fault === "egress") return "egress";
  if (status === 410 && kind !== "test") return "gone";
  return tries >= most ? "exhausted" : null;
}
