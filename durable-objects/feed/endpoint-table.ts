import type { SealedWebhookSecret } from "../../contracts/webhook-delivery.ts";
import type {
  DisabledReason,
  NewWebhookEndpoint,
  WebhookEndpoint,
  WebhookEndpointChange,
} from "../../contracts/webhooks-rpc.ts";
import type { ObjectSql, Row } from "../object-sql.ts";
import { Facts } from "./facts.ts";

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

  insert({ id, url, description, eventTypes, ordered, enabled, secret }: NewWebhookEndpoint, now: number): void {
    this.#write(
      "INSERT INTO endpoints VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, ?, ?, ?)",
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
    this.#write(
      `UPDATE endpoints SET url = ?, description = ?, event_types = ?, ordered = ?, enabled = ?, disabled_reason = ?,
         failing_since = ?, updated_at = ? WHERE id = ?`,
      url,
      description,
      JSON.stringify(eventTypes),
      Number(ordered),
      Number(enabled),
      again ? null : before.disabledReason,
      again ? null : before.failingSince,
      now,
      id,
    );
  }

  delete(id: string): void {
    this.#write("DELETE FROM endpoints WHERE id = ?", id);
  }

  setFailingSince(id: string, at: number | null): void {
    this.#write("UPDATE endpoints SET failing_since = ? WHERE id = ?", at, id);
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
    const text = secretsText([{ ...secret, until: null }, ...old.map((kept) => ({ ...kept, until: oldUntil }))]);
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

  #write(statement: string, ...bindings: (string | number | null)[]): void {
    this.#all = undefined;
    this.#sql.write(statement, ...bindings);
  }

  /** A transaction was rolled back: what was read in it counts no more. */
  forget(): void {
    this.#all = undefined;
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
