/**
 * A queue message: this cell's outbox holds rows, or this feed has notices for the audit log. Only a hint; losing one costs
 * nothing, for the sweeper asks every cell, and a feed says it again.
 */
export type OutboxHint = { cell: string } | { feed: string };
