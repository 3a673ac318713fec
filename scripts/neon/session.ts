/** One conversation with a PostgreSQL session, as seen by one client. */
export interface Session {
  /** Sends whole messages that end with Sync or Query, and answers all that came back. */
  exchange(messages: Buffer): Promise<Buffer>;
  /** Ends it: an open transaction is rolled back. */
  close(): Promise<void>;
}

/** Where sessions come from: the embedded database or a real server. */
export interface Backend {
  connect(): Promise<Session>;
  close(): Promise<void>;
}
