import * as z from "zod";
import { CONNECT_LINK, type ConnectLink } from "../../../contracts/connect-link.ts";
import { readTicket } from "../../../vault/ticket.ts";
import type { Ports } from "../context.ts";

const content = z.strictObject({
  environment: z.enum(["live", "test"]),
  connector: z.string(),
  connectionId: z.string().nullable(),
  endUser: z.string().nullable(),
  nonce: z.string(),
});

/** Null for a link that is not ours, or too old. */
export async function readConnectLink(
  { masterKey, now }: Ports,
  token: string,
): Promise<{ link: ConnectLink; tenantId: string; expiresAt: number } | null> {
  const ticket = await readTicket(masterKey, CONNECT_LINK, token, now());
  const read = content.safeParse(ticket?.content);
  return ticket === null || !read.success
    ? null
    : { link: read.data, tenantId: ticket.tenantId, expiresAt: ticket.expiresAt };
}
