import { by, kills, LEDGER, METERED, type Row } from "./matrix-parts.ts";

/** Rows of what comes by the queue, and of what goes out to receivers. */
export const MESSAGES: Readonly<Record<string, Row>> = {
  F14: {
    fault: "killed while the queue is consumed, half a batch done",
    how: "SIGKILL (the local queue is empty then); simulation",
    expected: "the outbox is read again; effects once",
    shownBy: [kills("outbox.read", "outbox.before_ack"), LEDGER, METERED],
  },
  F15: {
    fault: "a message that cannot be followed",
    how: "a batch with one",
    expected: "put off by itself with its reason, the others go on",
    shownBy: [
      by(
        "test/workers/outbox-consumer.test.ts",
        "a hint that cannot be followed is put off, and the others of its batch are done",
      ),
    ],
  },
  F16: {
    fault: "messages twice and out of order",
    how: "a batch twice, reversed; simulation",
    expected: "the same row in the end",
    shownBy: [
      by(
        "test/workers/outbox-consumer.test.ts",
        "a hint that comes twice, in whatever order, is followed once a batch and done with every time",
      ),
      LEDGER,
    ],
  },
  F30: {
    fault: "a webhook receiver is down for five days",
    how: "simulation: days of virtual time, an endpoint that does not answer",
    expected:
      "eight attempts each, then failed; switched off after five days with a notice; a resend brings everything",
    shownBy: [
      by("test/feed/deliveries.test.ts", "a delivery is tried eight times over about 28 hours, then it has failed"),
      by(
        "test/feed/deliveries.test.ts",
        "a receiver that is down for five days is switched off with a notice, and has everything again by a resend (F30)",
      ),
    ],
  },
};
