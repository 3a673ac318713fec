import { ID_PREFIX } from "../../contracts/ids.ts";
import type { FeedNotice } from "../../contracts/webhooks-rpc.ts";
import type { ObjectSql } from "../object-sql.ts";
import type { FeedPorts } from "./feed-ports.ts";

/** Whoever writes the audit log is told again after this, until it has taken them. */
const REPEAT_MS = 60_000;
const PAGE = 100;

/** What was changed here, on its way to the audit log: Postgres may be down, so it waits here. */
export class Notices {
  readonly #sql: ObjectSql;
  readonly #ports: FeedPorts;
  #hintAt = 0;

  constructor(sql: ObjectSql, ports: FeedPorts) {
    this.#sql = sql;
    this.#ports = ports;
  }

  /** In the transaction of the change. */
  add({ action, subject, actor }: Pick<FeedNotice, "action" | "subject" | "actor">): void {
    const id = this.#ports.newId(ID_PREFIX.audit);
    const now = this.#ports.now();
    const statement = "INSERT INTO notices (id, actor, action, subject, at) VALUES (?, ?, ?, ?, ?)";
    this.#sql.write(statement, id, actor, action, subject, now);
    this.#hintAt = now;
  }

  read(): FeedNotice[] {
    return this.#sql.read("SELECT * FROM notices ORDER BY seq LIMIT ?", PAGE).map((row) => ({
      seq: Number(row.seq),
      id: String(row.id),
      actor: String(row.actor),
      action: String(row.action),
      subject: String(row.subject),
      at: Number(row.at),
    }));
  }

  ack(last: number): void {
    this.#sql.change("DELETE FROM notices WHERE seq <= ?", last);
  }

  nextDue(): number | null {
    return this.#sql.read("SELECT 1 FROM notices LIMIT 1").length === 0 ? null : this.#hintAt;
  }

  onAlarm(): void {
    const due = this.nextDue();
    if (due === null || due > this.#ports.now()) return;
    this.#hintAt = this.#ports.now() + REPEAT_MS;
    this.#ports.hintNotices();
  }
}
