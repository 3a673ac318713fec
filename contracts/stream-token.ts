import * as z from "zod";
import { SignedTexts } from "./signed-texts.ts";

/*
 * What a browser opens a stream with: an EventSource can send no header, and a key must not stand in a URL. A token is bound
 * to its tenant, its execution and the key that asked for it; it ends soon, and with that key.
 */

const grant = z.strictObject({
  tenantId: z.string(),
  environment: z.enum(["live", "test"]),
  /** Null: every execution of the tenant, and the tenant-wide stream. */
  executionId: z.string().nullable(),
  keyId: z.string(),
  scopes: z.array(z.string()),
  /** Only events of these types; null: of any. */
  types: z.array(z.string()).nullable(),
  /** Pages that may use it; null: see `authenticate-token.ts`. */
  origins: z.array(z.string()).nullable(),
  /** Epoch ms. */
  expiresAt: z.number(),
});

export type StreamGrant = z.infer<typeof grant>;

/** Makes and reads stream tokens. */
export class StreamTokens {
  readonly #texts: SignedTexts;

  constructor(deploymentKey: Uint8Array) {
    this.#texts = new SignedTexts(deploymentKey, "stream-token/1", { prefix: "st_", most: 3_000 });
  }

  issue(granted: StreamGrant): string {
    return this.#texts.sign(JSON.stringify(granted));
  }

  /** Null for a token that is forged, altered or past its time. */
  read(token: string, now: number): StreamGrant | null {
    const opened = this.#texts.open(token);
    if (opened === undefined) return null;
    const read = grant.parse(opened);
    return read.expiresAt > now ? read : null;
  }
}
