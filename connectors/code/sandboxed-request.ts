/** A request of a code connector on its way out. */
export interface SandboxedRequest {
  url: string;
  method: string;
  headers: Headers;
  body: Uint8Array<ArrayBuffer> | null;
}
