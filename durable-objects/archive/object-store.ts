/** An object as it lies there: its bytes, and the SHA-256 (hex) that they had when they were put. */
export interface StoredObject {
  bytes: Uint8Array<ArrayBuffer>;
  sha256: string;
}

/** The slice of an object storage that a cell needs. A put that resolved is there, whatever is killed after it. */
export interface ObjectStore {
  put(key: string, bytes: Uint8Array<ArrayBuffer>, sha256: string): Promise<void>;
  get(key: string): Promise<StoredObject | null>;
  /** Every key that begins with `prefix`. */
  keys(prefix: string): Promise<string[]>;
  delete(keys: readonly string[]): Promise<void>;
}
