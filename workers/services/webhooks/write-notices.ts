import { ownerOfObject } from "../../../contracts/placement.ts";
import { audit } from "../../database/tables.ts";
import type { Ports } from "../context.ts";
import { onFeed } from "../object-calls.ts";

/** Moves what changed in a feed object to the audit log. Running it twice writes nothing twice. */
export async function writeNotices(ports: Ports, feedName: string): Promise<void> {
  const owner = ownerOfObject(feedName);
  for (;;) {
    const notices = await onFeed(ports, owner, (feed) => feed.readNotices());
    const last = notices.at(-1)?.seq;
    if (last === undefined) return;
    const rows = notices.map(({ id, actor, action, subject, at }) => {
      return { id, ...owner, actor, action, subject, at: new Date(at) };
    });
    await ports.database.insert(audit).values(rows).onConflictDoNothing();
    await onFeed(ports, owner, (feed) => feed.ackNotices(last));
  }
}
