import { by, kills, LEDGER, METERED, type Row, SCHEDULES_OF_KILLS, simulation, UNDER_LOAD } from "./matrix-parts.ts";

/** F1 to F13: killed at a point of an execution's way. */
export const KILLS: Readonly<Record<string, Row>> = {
  F1: {
    fault: "killed before the start is written",
    how: "SIGKILL at a point",
    expected: "the key again begins exactly one execution",
    shownBy: [
      kills("start.before", "start.entered", "entry.may_start", "entry.slot", "entry.may_begin", "write.before"),
      kills("entry.claimed", "claim.before", "claim.given", "leases.before", "leases.answered", "register.before"),
      kills("register.told", "register.wish", "register.done"),
    ],
  },
  F2: {
    fault: "killed after the start is written, before its answer",
    how: "SIGKILL at a point",
    expected: "the key again answers the same execution",
    shownBy: [
      kills("commit.written", "commit.told", "start.committed", "sync.ended", "replay.committed", "replay.waited"),
    ],
  },
  F3: {
    fault: "killed between the start and the read model",
    how: "SIGKILL at a point; the sweeper",
    expected: "the list has it when the sweeper was by",
    shownBy: [kills("outbox.announced", "hint.before", "hint.sent", "outbox.read"), METERED],
  },
  F4: {
    fault: "killed while an alarm rings, also twice",
    how: "SIGKILL at a point; simulation",
    expected: "no alarm is lost, and none rings in a loop",
    shownBy: [
      kills("alarm.rang", "alarm.awoken", "alarm.before_next", "alarm.set"),
      simulation("cell-faults", "an alarm that fails to clean up is set again"),
      simulation("cell-faults", "while the sink says nothing the alarm tells it once a minute"),
    ],
  },
  F5: {
    fault: "killed before the attempt is written",
    how: "SIGKILL at a point",
    expected: "one call",
    shownBy: [kills("start.born", "commit.before", "write.before", "write.inside")],
  },
  F6: {
    fault: "killed after the attempt is written, before the call",
    how: "SIGKILL at a point",
    expected: "one call, of the same attempt",
    shownBy: [kills("commit.written", "call.before", "plugin.before", "cache.asked")],
  },
  F7: {
    fault: "killed during the call",
    how: "SIGKILL of everything under load",
    expected: "the call again has the same key; one result is recorded",
    shownBy: [UNDER_LOAD, SCHEDULES_OF_KILLS],
  },
  F8: {
    fault: "killed after the answer, before it is written",
    how: "SIGKILL at a point",
    expected: "the call again has the same key; one result is recorded",
    shownBy: [
      kills("plugin.answered", "call.answered", "cache.before", "cache.put", "task.read", "finish.read", "finish.put"),
    ],
  },
  F9: {
    fault: "killed after the result is written, before the next call",
    how: "SIGKILL at a point",
    expected: "the step is not run again",
    shownBy: [kills("commit.written", "commit.told", "task.committed", "resume.before", "resume.done")],
  },
  F10: {
    fault: "killed inside of a fan-out of 50 with k done",
    how: "simulation, every k",
    expected: "only the other 50 - k are called again",
    shownBy: [
      simulation("races", "killed inside of a fan-out of 50 with any number done: only the others are called again"),
    ],
  },
  F11: {
    fault: "killed before and after usage is sent",
    how: "SIGKILL at a point; an audit at the end",
    expected: "sent again, counted once",
    shownBy: [
      kills("usage.before", "usage.written", "outbox.read", "outbox.before_ack", "outbox.acked"),
      by(
        "test/faults/coordinator-kills.long.test.ts",
        "after all kills usage is exact: logs, records and sums say the same, and the service has seen as many calls",
      ),
      LEDGER,
    ],
  },
  F12: {
    fault: "killed while a webhook is delivered",
    how: "SIGKILL of everything, and at a point; a receiver that takes all",
    expected: "the same webhook-id and the same body again",
    shownBy: [
      by(
        "test/webhooks/deliveries.test.ts",
        "killed in the middle of one, the platform sends it again, with the same id and body (F12)",
      ),
      by(
        "test/faults/coordinator-kills.long.test.ts",
        "each end was told once: a webhook that is sent again has the same id and the same body",
      ),
      kills("feed.wish", "feed.before", "feed.pushed", "feed.marked"),
    ],
  },
  F13: {
    fault: "killed before and after the end",
    how: "SIGKILL at a point",
    expected: "one end is told, the parent is woken once",
    shownBy: [
      kills(
        "leave.before",
        "leave.told",
        "child.before",
        "child.linked",
        "child.ended",
        "slot.given_back",
        "fail.before",
      ),
      simulation(
        "cell-sleeps",
        "${SCHEDULES} schedules of kills, late alarms and lost messages over sleeps, subworkflows, slots and events end right",
      ),
    ],
  },
};
