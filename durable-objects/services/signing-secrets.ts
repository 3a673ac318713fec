import type { SigningSecrets } from "../../contracts/services-rpc.ts";
import type { SealedWebhookSecret } from "../../contracts/webhook-delivery.ts";
import type { ObjectSql } from "../object-sql.ts";

/** What signs the calls of each connector, sealed. */
export class SigningSecretTable {
  readonly #sql: ObjectSql;

  constructor(sql: ObjectSql) {
    this.#sql = sql;
  }

  /** The newest first. */
  of(connector: string, now: number): SigningSecrets {
    const row = this.#sql.read("SELECT * FROM signing_secrets WHERE connector = ?", connector)[0];
    if (row === undefined) return [];
    const place = String(row.place);
    const old = row.old !== null && Number(row.old_until) > now ? [{ place, sealed: String(row.old) }] : [];
    return [{ place, sealed: String(row.sealed) }, ...old];
  }

  all(): SealedWebhookSecret[] {
    return this.#sql
      .read("SELECT place, sealed, old FROM signing_secrets")
      .flatMap(({ place, sealed, old }) =>
        [sealed, old].flatMap((blob) => (blob === null ? [] : [{ place: String(place), sealed: String(blob) }])),
      );
  }

  reseal(from: string, to: string): boolean {
    const newest = this.#sql.change("UPDATE signing_secrets SET sealed = ? WHERE sealed = ? RETURNING place", to, from);
    const old = this.#sql.change("UPDATE signing_secrets SET old = ? WHERE old = ? RETURNING place", to, from);
    return newest.length + old.length > 0;
  }

  /** Kept only where there is none yet. */
  putFirst(connector: string, { place, sealed }: SealedWebhookSecret): void {
    this.#sql.write("INSERT OR IGNORE INTO signing_secrets VALUES (?, ?, ?, NULL, NULL)", connector, place, sealed);
  }

  rotate(connector: string, { place, sealed }: SealedWebhookSecret, oldUntil: number): void {
    this.#sql.write(
      `INSERT INTO signing_secrets VALUES (?, ?, ?, NULL, NULL)
       ON CONFLICT (connector) DO UPDATE SET old = signing_secrets.sealed, old_until = ?, sealed = excluded.sealed`,
      connector,
      place,
      sealed,
      oldUntil,
    );
  }
}
