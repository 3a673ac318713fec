/** A queue message: this cell's outbox holds rows. Only a hint; losing one costs nothing, for the sweeper asks every cell. */
export interface OutboxHint {
  cell: string;
}
