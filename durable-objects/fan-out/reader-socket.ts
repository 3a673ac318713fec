/** The slice of a hibernating WebSocket that a fan-out needs. Its attachment outlives the memory of its object. */
export interface ReaderSocket {
  send(text: string): void;
  close(code: number, reason: string): void;
  serializeAttachment(value: unknown): void;
  deserializeAttachment(): unknown;
}
