import { FAULT_POINTS, type FaultPoint } from "../../durable-objects/coordinator/fault-point.ts";
import { KILLS } from "./matrix-of-kills.ts";
import { MESSAGES } from "./matrix-of-messages.ts";
import {
  by,
  kills,
  LEDGER,
  METERED,
  type Row,
  SCHEDULES_OF_KILLS,
  type Shown,
  simulation,
  POSTGRES_AWAY,
  WITHOUT_POSTGRES,
} from "./matrix-parts.ts";

const answers = (title: string): Shown => by("test/http/answers.long.test.ts", title);

/**
 * F1 to F30 and F32 to F42 of the reliability design. In every row: nothing is lost, each step is recorded once, usage is exact, and
 * every execution ends or waits for what it should.
 */
export const MATRIX: Readonly<Record<string, Row>> = {
  ...KILLS,
  ...MESSAGES,
  F17: {
    fault: "a result twice, after its timeout, after a cancel, after the end",
    how: "requests again",
    expected: "ignored, and said so",
    shownBy: [
      by(
        "test/services/tasks.test.ts",
        "a service that answers 202 finishes the step later, once; who is late hears that it is over",
      ),
      by("engine/run/transition.test.ts", "late, repeated and unknown inputs change nothing"),
      kills("task.before", "task.delivered"),
    ],
  },
  F18: {
    fault: "the object leaves the memory after every commit",
    how: "all conformance cases on a simulated cell, and many in workerd by ctx.abort; a real platform and its clients; the simulation again (`evicted` in vitest.config.ts)",
    expected: "the same results, each step once; clients repeat what broke off",
    shownBy: [
      by("test/conformance/evicted.long.test.ts", "its cells were put out of memory again and again"),
      by("test/conformance/evicted.long.test.ts", "its objects were aborted again and again"),
      by("test/faults/aborted-objects.long.test.ts", "what clients do (%s) ends as if nothing had happened"),
      by(
        "test/faults/aborted-objects.long.test.ts",
        "every kind of step is run once, and a follower sees each event once, in order, up to the end",
      ),
      by(
        "test/faults/aborted-objects.long.test.ts",
        "a delivery to a webhook trigger and the due times of a schedule start one execution each",
      ),
      by(
        "test/faults/aborted-objects.long.test.ts",
        "every end was told once, by webhooks whose repetitions are the same",
      ),
      SCHEDULES_OF_KILLS,
      LEDGER,
      simulation(
        "retries",
        "${SCHEDULES} schedules of kills around a retry: it happens once, keeps what was done, and counts exactly",
      ),
      kills("rest.before", "rest.asleep", "awaken.before", "awaken.awake", "recover.before", "recover.revived"),
    ],
  },
  F19: {
    fault: "the object is aborted",
    how: "ctx.abort under its readers",
    expected: "callers take a new stub, streams go on",
    shownBy: [
      by(
        "test/streams/readers.long.test.ts",
        "share eight sockets to its cell and relays for the others, and each has every event once",
      ),
    ],
  },
  F20: {
    fault: "an object that was replaced runs on",
    how: "simulation: two instances over one store, at every millisecond",
    expected: "the old one's commits fail; one call more at most, with the same key",
    shownBy: [
      simulation(
        "races",
        "an object that was replaced and does not know it: what it still does counts nowhere, and costs a call more at most",
      ),
    ],
  },
  F21: {
    fault: "Postgres is down before, during and after a run",
    how: "its port closed, or open and silent, for minutes",
    expected: "runs start and end; lists say 503; all is there afterwards",
    shownBy: [
      WITHOUT_POSTGRES,
      POSTGRES_AWAY,
      simulation("metering-kills", "a database that is down for an hour loses nothing and counts nothing twice"),
    ],
  },
  F22: {
    fault: "Postgres has written, and the answer is lost",
    how: "a wire that loses answers",
    expected: "again is no change",
    shownBy: [METERED, LEDGER],
  },
  F23: {
    fault: "Postgres is slow: half a second a packet",
    how: "a wire that waits",
    expected: "starts are as fast, the read model catches up",
    shownBy: [
      by(
        "test/faults/slow-postgres.long.test.ts",
        "with half a second to every packet of Postgres starts are as fast, and the lists catch up",
      ),
    ],
  },
  F24: {
    fault: "a plugin hangs, drips, is slow",
    how: "a bad server",
    expected: "TIMEOUT in time, the retry policy applies",
    shownBy: [
      answers("within the time of the attempt: before the head, or while the body drips"),
      by("engine/run/transition.test.ts", "an attempt that nobody answers times out after its limit and a grace"),
    ],
  },
  F25: {
    fault: "a plugin answers 5xx, 429, 503 with Retry-After",
    how: "a bad server",
    expected: "the schedule is followed, Retry-After is waited for",
    shownBy: [
      answers("says when to come again, by seconds and by date"),
      by("engine/run/transition.test.ts", "wait exactly as the policy says and count the first try"),
    ],
  },
  F26: {
    fault: "a plugin answers garbage, HTML, half, wrong lengths, deep JSON",
    how: "a bad server",
    expected: "an error that names the cause, with 2 KB of the body",
    shownBy: [
      answers(
        "a head that is no HTTP, twice a length, a length that is no number, half a head, a flood of headers, one of 4 MiB",
      ),
      answers("a body that breaks off says after how much"),
      answers("a sign-in page, or half of it, where JSON is wanted, is quoted; where nothing is wanted it is text"),
      answers("JSON that nests 50,000 levels"),
      answers("with a page of 100 KB keeps 2 KB of it"),
    ],
  },
  F27: {
    fault: "a plugin answers without end",
    how: "a bad server",
    expected: "cut at six MiB, with little memory",
    shownBy: [
      answers("seven MiB, an endless body and 200 MiB in a gzip of 200 KB are cut at six MiB, with little memory"),
    ],
  },
  F28: {
    fault: "a plugin resets the connection",
    how: "a bad server",
    expected: "outcome unknown: again only what may be repeated",
    shownBy: [
      answers("where nobody listens, or the connection is reset or closed: nobody knows what was done"),
      answers("that posts is not repeated when its outcome is unknown, and one that gets is: both say so"),
      by(
        "engine/run/transition.test.ts",
        "never repeat an unknown outcome of an action that is not idempotent, unless the policy names it",
      ),
    ],
  },
  F29: {
    fault: "redirects in circles, floods of headers",
    how: "a bad server",
    expected: "refused after five, or at the cap",
    shownBy: [
      answers("redirects in circles end after five"),
      answers(
        "a head that is no HTTP, twice a length, a length that is no number, half a head, a flood of headers, one of 4 MiB",
      ),
    ],
  },
  F32: {
    fault: "the clock jumps, or differs between objects",
    how: "simulation with a clock that is set behind each commit; a real platform whose clock is set",
    expected: "no timer early by the clock, none lost, nothing twice, no negative duration",
    shownBy: [
      by(
        "test/simulation/clock-steps.long.test.ts",
        "behind any commit loses nothing and does nothing twice (it dies with it: %s)",
      ),
      by(
        "test/faults/set-clock.long.test.ts",
        "by %i ms during waits and between tries: each goes on once, none before its time",
      ),
      by(
        "test/faults/set-clock.long.test.ts",
        "back and forth while executions start and end: each ends as always, and a key means the same execution",
      ),
      by(
        "test/faults/set-clock.long.test.ts",
        "a due time that is jumped over or comes again by the clock starts once",
      ),
      by("test/faults/set-clock.long.test.ts", "a stream token ends when it says, by the clock, and not before"),
      by(
        "test/quotas/lease-book.test.ts",
        "a clock that is set by %i ms gives nobody more than there is, and what is not used comes back",
      ),
      simulation("cell-faults", "a clock that is set by %i ms loses no timer and starts none early"),
      by(
        "durable-objects/coordinator/month-accounts.test.ts",
        "accounts are those of the month, to its last millisecond, also when the clock goes back",
      ),
      by("test/triggers/trigger-board.test.ts", "a clock that jumps back never makes a due time come again"),
    ],
  },
  F33: {
    fault: "schedules over a change of the clock, ticks missed while down",
    how: "simulation; kills over due times",
    expected: "each due time once, by the documented rule",
    shownBy: [
      by(
        "engine/triggers/cron-schedule.test.ts",
        "looking back finds what looking ahead found, over every change of the table",
      ),
      by(
        "test/triggers/trigger-board.test.ts",
        "what was missed stays bounded: of every second of a day, the latest that the policy allows",
      ),
      by(
        "test/triggers/triggers-api.test.ts",
        "a kill -9 over a due time: each second's run comes once, none is lost, and what a crash left undone is repaired",
      ),
    ],
  },
  F34: {
    fault: "new code opens what old code stored",
    how: "whole data of earlier builds, killed; storage of every earlier version",
    expected: "what was under way ends as it would have",
    shownBy: [
      by(
        "test/faults/deploy-over-old-data.long.test.ts",
        "what the build of %s left when it was killed goes on with this one, and ends as it would have",
      ),
      simulation("old-storage", "storage of $object at version $version comes to the newest shape"),
      simulation(
        "old-storage",
        "executions that were under way in storage of version %i end in the newest, and nothing that was done is done again",
      ),
    ],
  },
  F35: {
    fault: "old code opens what new code stored",
    how: "the release before over data of this build; a migration that it does not know",
    expected: "it ends what is under way, or refuses it by name and changes nothing: this build ends it then",
    shownBy: [
      by(
        "test/faults/two-builds.long.test.ts",
        "the release before finishes what this one began, or says why it cannot and leaves it to this one",
      ),
      simulation(
        "old-storage",
        "code of %s that is older than what is stored refuses it, says why, and changes nothing",
      ),
      simulation("old-storage", "a cell whose storage a newer version wrote stops by name, and leaves it as it is"),
    ],
  },
  F36: {
    fault: "a new API Worker before an old object, and the reverse",
    how: "Workers of which some parts are of the release before; members that the other does not know",
    expected: "what is begun and what goes on ends as it would have",
    shownBy: [
      by(
        "test/faults/two-builds.long.test.ts",
        "with the release before in part, %s, all goes on and ends as it would have",
      ),
      simulation(
        "old-storage",
        "members of a start that this version does not know change nothing: its sender may be newer",
      ),
    ],
  },
  F37: {
    fault: "cancel and end, timeout and result, signal and wait at once",
    how: "simulation, every distance, either first",
    expected: "one winner, the same for record, events, read model and feed",
    shownBy: [
      simulation("races", "a timeout and a result, at every distance from each other: one wins, for everybody"),
      simulation("races", "a signal and the end of its wait, at every distance, either first: one wins, for everybody"),
      simulation(
        "races",
        "a cancel and the end of the execution, at every distance, either first: one wins, for everybody",
      ),
      kills("act.taken", "act.recorded", "get.waited", "get.read", "events.awaited", "event.before", "event.answered"),
    ],
  },
  F38: {
    fault: "very many fail at once",
    how: "a service that is down for all of them",
    expected: "retries are spread, and all end well",
    shownBy: [
      by(
        "test/faults/retry-storm.long.test.ts",
        "the retries of ${EXECUTIONS} executions that fail at once are spread, and all end well",
      ),
    ],
  },
  F39: {
    fault: "a row, a value or a log too large; the disk refuses",
    how: "simulation; 100 executions with one that is poison",
    expected: "it fails by name, the others live",
    shownBy: [
      simulation("cell-faults", "one execution that cannot be stored harms none of those it shares a commit with"),
      simulation(
        "cell-faults",
        "an execution that holds more than an object can bear fails by name, also when it grew before a restart",
      ),
      by(
        "test/faults/coordinator-kills.long.test.ts",
        "one poisoned execution among a hundred, with kills between: it fails by name and harms none",
      ),
    ],
  },
  F40: {
    fault: "a history of 100,000 events and a reader that takes little",
    how: "a reader at a kilobyte a second; one that does not read",
    expected: "the buffer is bounded, the reader is cut off and may resume",
    shownBy: [
      by(
        "test/streams/long-history.long.test.ts",
        "a reader of a kilobyte a second on a history of 100,000 events is cut and resumes by id",
      ),
      by("test/streams/readers.long.test.ts", "is cut off and may resume, while the run goes on to its end"),
    ],
  },
  F41: {
    fault: "a secret rotated, a connection deleted while it runs",
    how: "requests",
    expected: "the next step uses the new one, or fails by name",
    shownBy: [
      by(
        "test/connections/mid-run.long.test.ts",
        "the next step uses a secret that was rotated, and fails by name when its connection was deleted",
      ),
      by(
        "test/connections/rotation.long.test.ts",
        "a rotation fails no step, leaves nothing under the old key, and does nothing when it is repeated",
      ),
    ],
  },
  F42: {
    fault: "a task that fails after its answer",
    how: "every use of waitUntil is listed",
    expected: "nothing that must happen is one",
    shownBy: [
      by(
        "test/architecture/background.test.ts",
        "what is left to run after an answer is known, and nothing that must happen",
      ),
    ],
  },
};

/** Between a large output and its step; an archive, what comes back of it, and a purge. */
const RETIRING: readonly FaultPoint[] = FAULT_POINTS.filter((point) => /^(large|archive|restore|purge)\./.test(point));

/** Points that no row of the design names: each is killed at all the same. */
export const BESIDE: readonly FaultPoint[] = [
  "position.asked",
  "queue.before",
  "queue.released",
  "budget.answered",
  "budget.resumed",
  "slot.before",
  "slot.answered",
  "retry.before",
  "retry.room",
  "retry.slot",
  "retry.reopened",
  "retry.delivered",
  "retry.committed",
  "retry.done",
  "migrate.settled",
  "migrate.delivered",
  "migrate.committed",
  ...RETIRING,
];

/** Payments are nobody's yet. */
const ELSEWHERE = [31];

/** The rows that there must be. */
export const WANTED_ROWS: readonly string[] = Array.from({ length: 42 }, (_, index) => index + 1)
  .filter((row) => !ELSEWHERE.includes(row))
  .map((row) => `F${row}`);
