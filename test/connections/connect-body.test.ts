import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { CONNECT_LINK, type ConnectLink } from "../../contracts/connect-link.ts";
import { issueTicket } from "../../vault/ticket.ts";
import type { Ports } from "../../workers/services/context.ts";
import { readCapped } from "../../workers/services/requests/read-capped.ts";
import { followConnectLink } from "../../workers/api/routes/connect/follow.ts";

const MASTER_KEY = randomBytes(32).toString("base64");

/** A POST in chunks without a length that would go on to 16 MiB, and how many bytes of it were taken. */
function endless(token: string): { request: Request; taken: () => number } {
  let taken = 0;
  const part = new TextEncoder().encode("a=".padEnd(16_384, "b"));
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        taken += part.byteLength;
        if (taken > 16_777_216) controller.close();
        else controller.enqueue(part);
      },
    },
    { highWaterMark: 0 },
  );
  const init: RequestInit & { duplex: "half" } = { method: "POST", body, duplex: "half" };
  return { request: new Request(`https://platform.example.com/connect/${token}`, init), taken: () => taken };
}

/** Only what is reached before a link is known to be good. */
function portsUntilTheLink(): Ports {
  const tenant = () => ({ isTaken: async () => true });
  return { masterKey: MASTER_KEY, now: () => 1_000, tenant } as unknown as Ports;
}

test("who has no link has nothing read of what is sent", async () => {
  const { request, taken } = endless("anything");
  const answer = await followConnectLink.handle({ ports: portsUntilTheLink(), request } as never);
  expect(answer).toMatchObject({ status: 404 });
  expect(taken()).toBe(0);
});

test("nor who has one that was used", async () => {
  const link: ConnectLink = {
    environment: "live",
    connector: "acme/me",
    connectionId: null,
    endUser: null,
    nonce: "n",
  };
  const token = await issueTicket(MASTER_KEY, "ten_1", CONNECT_LINK, link, 2_000);
  const { request, taken } = endless(token);
  const answer = await followConnectLink.handle({ ports: portsUntilTheLink(), request } as never);
  expect(answer).toMatchObject({ status: 409 });
  expect(taken()).toBe(0);
});

test("a body without a length is read up to the most that it may be, and no further", async () => {
  const { request, taken } = endless("anything");
  expect(await readCapped(request, 65_536)).toBeNull();
  expect(taken()).toBeLessThan(3 * 65_536);
});
