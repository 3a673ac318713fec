import { isSubscribed } from "../../contracts/event-types.ts";
import type { SealedWebhookSecret } from "../../contracts/webhook-delivery.ts";
import type {
  DisabledReason,
  NewWebhookEndpoint,
  WebhookEndpoint,
  WebhookEndpointChange,
} from "../../contracts/webhooks-rpc.ts";
import type { ObjectSql, Row } from "../object-sql.ts";
import { Facts } from "./facts.ts";
import { sinceAfter, type SinceByType, sinceWhen } from "./since-by-type.ts";
import { SKEW_MS } from "./skew.ts";

/** A secret that signs, until then if it was replaced. */
interface KeptSecret extends SealedWebhookSecret {
  until: number | null;
}

const CALLBACK_SECRETS = "callback_secrets";

/** Endpoints and the secrets that sign what goes to them; the tenant's own secret signs callbacks. */
export class EndpointTable {
  readonly #sql: ObjectSql;
  readonly #facts: Facts;
  /** They are few and every event is held against them: read once, and again after a change. */
  #all: WebhookEndpoint[] | undefined;
  /** By id, as far as it has been read. */
  readonly #since = new Map<string, SinceByType>();

  constructor(sql: ObjectSql) {
    this.#sql = sql;
    this.#facts = new Facts(sql);
  }

  all(): readonly WebhookEndpoint[] {
    this.#all ??= this.#sql.read("SELECT * FROM endpoints ORDER BY created_at, id").map(endpointOf);
    return this.#all;
  }

  find(id: string): WebhookEndpoint | undefined {
    return this.all().find((endpoint) => endpoint.id === id);
  }

  /** Those that an event of this time is for. */
  wanting(type: string, at: number): WebhookEndpoint[] {
    return this.all().filter(
      ({ id, enabled, eventTypes, createdAt }) =>
        enabled && isSubscribed(eventTypes, type) && at >= (sinceWhen(this.#sinceOf(id), type) ?? createdAt) - SKEW_MS,
    );
  }

  #sinceOf(id: string): SinceByType {
    const known = this.#since.get(id);
    if (known !== undefined) return known;
    const text = this.#sql.read("SELECT since FROM endpoints WHERE id = ?", id)[0]?.since;
    const since = JSON.parse(String(text ?? "{}")) as SinceByType;
    this.#since.set(id, since);
    return since;
  }

  insert({ id, url, description, eventTypes, ordered, enabled, secret }: NewWebhookEndpoint, now: number): void {
    this.#write(
      `INSERT INTO endpoints (id, url, description, event_types, ordered, enabled, secrets, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      url,
      description,
      JSON.stringify(eventTypes),
      Number(ordered),
      Number(enabled),
      secretsText([{ ...secret, until: null }]),
      now,
      now,
    );
  }

  /** Who switches an endpoint on by hand says that it works again. */
  change(before: WebhookEndpoint, change: WebhookEndpointChange, now: number): void {
    const { id, url, description, eventTypes, ordered, enabled } = { ...before, ...change };
    const again = change.enabled === true;
    const since = sinceAfter(this.#sinceOf(id), before, { enabled, eventTypes }, now);
    this.#write(
      `UPDATE endpoints SET url = ?, description = ?, event_types = ?, ordered = ?, enabled = ?, disabled_reason = ?,
         failing_since = ?, since = ?, updated_at = ? WHERE id = ?`,
      url,
      description,
      JSON.stringify(eventTypes),
      Number(ordered),
      Number(enabled),
      again ? null : before.disabledReason,
      again ? null : before.failingSince,
      JSON.stringify(since),
      now,
      id,
    );
  }

  delete(id: string): void {
    this.#write("DELETE FROM endpoints WHERE id = ?", id);
  }

  succeeded(id: string): void {
    this.#write("UPDATE endpoints SET failing_since = NULL, failed_at = NULL WHERE id = ?", id);
  }

  /** Answers since when its attempts fail. A failure after so long a silence begins anew: it says nothing of the time between. */
  failed(id: string, now: number, silenceMs: number): number {
    const [row] = this.#write(
      `UPDATE endpoints SET failed_at = ?,
         failing_since = CASE WHEN failing_since IS NULL OR failed_at < ? THEN ? ELSE failing_since END
       WHERE id = ? RETURNING failing_since`,
      now,
      now - silenceMs,
      now,
      id,
    );
    return Number(row?.failing_since ?? now);
  }

  disable(id: string, reason: DisabledReason, now: number): void {
    this.#write("UPDATE endpoints SET enabled = 0, disabled_reason = ?, updated_at = ? WHERE id = ?", reason, now, id);
  }

  /** What signs now, the newest first. */
  secrets(endpoint: string | null, now: number): SealedWebhookSecret[] {
    return this.#kept(endpoint)
      .filter(({ until }) => until === null || until > now)
      .map(({ place, sealed }) => ({ place, sealed }));
  }

  /** The one that signed until now signs beside the new one until `oldUntil`; one before it does not any more. */
  rotate(endpoint: string | null, secret: SealedWebhookSecret, oldUntil: number): void {
    const old = this.#kept(endpoint).slice(0, 1);
    this.#put(
      endpoint,
      secretsText([{ ...secret, until: null }, ...old.map((kept) => ({ ...kept, until: oldUntil }))]),
    );
  }

  everySecret(): SealedWebhookSecret[] {
    return this.#owners().flatMap((owner) => this.#kept(owner).map(({ place, sealed }) => ({ place, sealed })));
  }

  reseal(from: string, to: string): boolean {
    for (const owner of this.#owners()) {
      const kept = this.#kept(owner);
      if (!kept.some(({ sealed }) => sealed === from)) continue;
      this.#put(owner, secretsText(kept.map((it) => (it.sealed === from ? { ...it, sealed: to } : it))));
      return true;
    }
    return false;
  }

  #owners(): (string | null)[] {
    return [null, ...this.all().map(({ id }) => id)];
  }

  #put(endpoint: string | null, text: string): void {
    if (endpoint === null) this.#facts.put(CALLBACK_SECRETS, text);
    else this.#write("UPDATE endpoints SET secrets = ? WHERE id = ?", text, endpoint);
  }

  #kept(endpoint: string | null): KeptSecret[] {
    const text =
      endpoint === null
        ? this.#facts.get(CALLBACK_SECRETS)
        : this.#sql.read("SELECT secrets FROM endpoints WHERE id = ?", endpoint)[0]?.secrets;
    return typeof text === "string" ? (JSON.parse(text) as KeptSecret[]) : [];
  }

  #write(statement: string, ...bindings: (string | number | null)[]): Row[] {
    this.forget();
    return this.#sql.write(statement, ...bindings);
  }

  /** A transaction was rolled back: what was read in it counts no more. */
  forget(): void {
    this.#all = undefined;
    this.#since.clear();
  }
}

function secretsText(secrets: readonly KeptSecret[]): string {
  return JSON.stringify(secrets);
}

function endpointOf(row: Row): WebhookEndpoint {
  const reason = row.disabled_reason;
  return {
    id: String(row.id),
    url: String(row.url),
    description: String(row.description),
    eventTypes: JSON.parse(String(row.event_types)) as string[],
    ordered: Number(row.ordered) === 1,
    enabled: Number(row.enabled) === 1,
    disabledReason: reason === "gone" || reason === "failing" ? reason : null,
    failingSince: row.failing_since === null ? null : Number(row.failing_since),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
  };
}
