/** A WebSocket as this code uses it, whatever runtime gives it. */
export interface PlatformSocket {
  send(text: string): void;
  close(code: number, reason: string): void;
  onMessage(listener: (data: unknown) => void): void;
  /** It closed, or failed. */
  onClose(listener: () => void): void;
}

/** What an object answers to who wants a socket of it. */
export interface SocketAnswer {
  status: number;
  /** Null where it gives none. */
  socket: PlatformSocket | null;
  header(name: string): string | null;
}

/** What streams need of the runtime: Workers have it, and nobody else by these names. */
export interface StreamPlatform {
  /** Opens a socket to a cell. */
  toCell(cell: string, path: string): Promise<SocketAnswer>;
  /** Likewise to a relay. */
  toRelay(relay: string, path: string): Promise<SocketAnswer>;
  /** Likewise to a tenant's feed. */
  toFeed(feed: string, path: string): Promise<SocketAnswer>;
  /** Answers a request for a WebSocket, and gives our end of it. */
  upgrade(): { response: Response; socket: PlatformSocket };
  /** A body whose writer goes on when the reader has taken what it wrote. */
  pipe(): { readable: ReadableStream; writable: WritableStream<Uint8Array> };
}
