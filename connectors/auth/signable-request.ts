import type { HeaderMap } from "../egress/request-headers.ts";

/** A request that is ready but for its credential. `authorize` changes it in place. */
export interface SignableRequest {
  url: string;
  method: string;
  headers: HeaderMap;
  body?: string | FormData | URLSearchParams | Uint8Array<ArrayBuffer>;
}
