import { beforeAll, describe, expect, test } from "vitest";
import { changeOfClocks, dueAt } from "./due-times.ts";
import { eventually } from "./eventually.ts";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type Json, type JsonMap, read, readList, readText } from "./json.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
const run = Date.now().toString(36);
let made = 0;

/** Publishes a workflow with one schedule in its file; answers its slug and the trigger. */
async function scheduled(schedule: JsonMap, more: JsonMap = {}): Promise<{ slug: string; trigger: string }> {
  const slug = `scheduled-${run}-${made++}`;
  const published = await outside.api.post("/workflows", {
    name: slug,
    inputs: { due: { type: "string", default: "none" } },
    steps: [{ id: "o", type: "output", value: 1 }],
    outputs: { due: "{{ inputs.due }}" },
    ...more,
    triggers: [{ type: "schedule", inputs: { due: "{{ trigger.at }}" }, ...schedule }],
  });
  if (published.status !== 201) throw new Error(`${published.status} ${published.text}`);
  const [trigger] = readList((await outside.api.get(`/triggers?workflow=${slug}`)).body, "data");
  return { slug, trigger: readText(trigger, "id") };
}

const look = async (id: string): Promise<Json | undefined> => (await outside.api.get(`/triggers/${id}`)).body;
const runsOf = async (slug: string): Promise<Json[]> =>
  readList((await outside.api.get(`/workflows/executions?workflow=${slug}&limit=100`)).body, "data");
const stop = async (id: string): Promise<void> => {
  expect((await outside.api.post(`/triggers/${id}/pause`, {})).status).toBe(200);
};
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** When each execution of a workflow was due, in order. */
async function dues(slug: string): Promise<string[]> {
  const ids = (await runsOf(slug)).map((row) => readText(row, "execution_id"));
  const records = await Promise.all(ids.map((id) => outside.api.finished(id)));
  return records.map((record) => readText(record, "result.outputs.due")).sort();
}

beforeAll(() => publishFlaky(outside.api));

describe.concurrent("a schedule", () => {
  test("starts one execution for each time that is due", async () => {
    const { slug, trigger } = await scheduled({ cron: "* * * * * *" });
    await eventually(async () => (await runsOf(slug)).length >= 4);
    await stop(trigger);
    await sleep(1500);
    const times = await dues(slug);
    expect(times.length).toBeGreaterThanOrEqual(4);
    const begun = Date.parse(times[0] ?? "");
    // Every second, each once, none left out.
    expect(times).toEqual(times.map((_, at) => new Date(begun + at * 1000).toISOString()));
    expect(await look(trigger)).toMatchObject({ last_run: { status: "started", execution_id: expect.any(String) } });
  });

  test("starts when it is due, not before and not much later", async () => {
    const { slug, trigger } = await scheduled({ cron: "*/2 * * * * *" });
    const known = new Map<string, number>();
    const lateness = async (): Promise<number[]> => {
      for (const id of (await runsOf(slug)).map((row) => readText(row, "execution_id"))) {
        if (known.has(id)) continue;
        const record = await outside.api.finished(id);
        const due = Date.parse(readText(record, "result.outputs.due"));
        expect(due % 2000).toBe(0);
        known.set(id, Date.parse(readText(record, "created_at")) - due);
      }
      return [...known.values()];
    };
    await eventually(async () => {
      const late = await lateness();
      return late.length >= 4 && Math.min(...late) < 3_000;
    });
    await stop(trigger);
    const late = await lateness();
    expect(late.length).toBeGreaterThanOrEqual(4);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...late)).toBeLessThan(20_000);
    // A busy machine delays some of them, for a while all; a schedule that runs behind is late each time.
    expect(Math.min(...late)).toBeLessThan(3_000);
  });

  test("that is paused starts nothing, and what was due meanwhile is not made up for", async () => {
    const { slug, trigger } = await scheduled({ cron: "* * * * * *" });
    await eventually(async () => (await runsOf(slug)).length >= 1);
    await stop(trigger);
    expect(await look(trigger)).toMatchObject({ status: "paused", next_runs: [] });
    await sleep(1500);
    const before = await dues(slug);
    await sleep(2500);
    expect(await dues(slug)).toEqual(before);
    const resumed = new Date().toISOString();
    expect((await outside.api.post(`/triggers/${trigger}/resume`, {})).body).toMatchObject({ status: "active" });
    await eventually(async () => (await runsOf(slug)).length > before.length);
    await stop(trigger);
    const later = (await dues(slug)).filter((due) => !before.includes(due));
    for (const due of later) expect(due >= resumed.slice(0, 19)).toBe(true);
  });

  test("that is deleted with its workflow starts nothing more", async () => {
    const { slug, trigger } = await scheduled({ cron: "* * * * * *" });
    await eventually(async () => (await runsOf(slug)).length >= 1);
    expect((await outside.api.request("DELETE", `/workflows/${slug}`)).status).toBe(200);
    await sleep(1500);
    const before = (await runsOf(slug)).length;
    await sleep(2000);
    expect(await runsOf(slug)).toHaveLength(before);
    expect(await outside.api.get(`/triggers/${trigger}`)).toMatchObject({ status: 404 });
  });

  const slow = (key: string): JsonMap => ({
    steps: [flaky("s", "patient", { key, after: 2600 })],
    outputs: { due: "{{ inputs.due }}" },
  });

  test("with overlap skip starts nothing while the run before goes on", async () => {
    const { slug, trigger } = await scheduled({ cron: "* * * * * *", overlap: "skip" }, slow(`skip ${run}`));
    await sleep(7000);
    await stop(trigger);
    await eventually(async () => (await runsOf(slug)).every((row) => read(row, "status") === "completed"));
    expect(outside.service.overlap(`skip ${run}`)).toBe(1);
    const count = (await runsOf(slug)).length;
    expect([count >= 2, count <= 3]).toEqual([true, true]);
  });

  test("with overlap queue starts each when the run before is over", async () => {
    const { slug, trigger } = await scheduled({ cron: "*/2 * * * * *", overlap: "queue" }, slow(`queue ${run}`));
    await sleep(5000);
    await stop(trigger);
    await eventually(async () => {
      const rows = await runsOf(slug);
      return rows.length >= 2 && rows.every((row) => read(row, "status") === "completed");
    });
    expect(outside.service.overlap(`queue ${run}`)).toBe(1);
    expect(outside.service.calls(`queue ${run}`).length).toBeGreaterThanOrEqual(2);
  });

  test("with overlap cancel_running ends the run before", async () => {
    const definition = slow(`cancel ${run}`);
    const { slug, trigger } = await scheduled({ cron: "*/2 * * * * *", overlap: "cancel_running" }, definition);
    await eventually(async () => (await runsOf(slug)).length >= 3);
    await stop(trigger);
    await eventually(async () =>
      (await runsOf(slug)).every((row) => /completed|canceled/.test(readText(row, "status"))),
    );
    const statuses = (await runsOf(slug)).map((row) => read(row, "status"));
    // Newest first: only the last one may go on to its end.
    expect(statuses.slice(1)).toEqual(statuses.slice(1).map(() => "canceled"));
    expect(statuses[0]).toBe("completed");
  });
});

describe.concurrent("next_runs", () => {
  let once: Promise<string> | undefined;
  /** One workflow for all of these triggers: nothing of them is ever due here. */
  const workflow = (): Promise<string> => {
    once ??= scheduled({ cron: "0 0 1 1 *" }).then(async ({ slug, trigger }) => {
      await stop(trigger);
      return slug;
    });
    return once;
  };
  const nextRuns = async (cron: string, timezone?: string): Promise<string[]> => {
    const body: JsonMap = { workflow: await workflow(), type: "schedule", cron };
    const made = await outside.api.post("/triggers", timezone === undefined ? body : { ...body, timezone });
    expect(made.status).toBe(201);
    expect((await outside.api.request("DELETE", `/triggers/${readText(made.body, "id")}`)).status).toBe(200);
    return readList(made.body, "next_runs").map(String);
  };
  const year = new Date().getUTCFullYear();

  test.each([
    ["Europe/Berlin", "begins", 1, 30],
    ["Europe/Berlin", "begins", 2, 0],
    ["Europe/Berlin", "begins", 2, 30],
    ["Europe/Berlin", "begins", 3, 0],
    ["Europe/Berlin", "ends", 1, 59],
    ["Europe/Berlin", "ends", 2, 0],
    ["Europe/Berlin", "ends", 2, 30],
    ["Europe/Berlin", "ends", 3, 0],
    ["America/New_York", "begins", 1, 59],
    ["America/New_York", "begins", 2, 30],
    ["America/New_York", "begins", 3, 0],
    ["America/New_York", "ends", 0, 59],
    ["America/New_York", "ends", 1, 0],
    ["America/New_York", "ends", 1, 30],
    ["America/New_York", "ends", 2, 0],
  ] as const)(
    "in %s where summer %s, a fixed time of %i:%i is due once each year",
    async (zone, which, hour, minute) => {
      const { month, day } = changeOfClocks(zone, year + 1, which);
      const wanted = Array.from({ length: 12 }, (_, at) => dueAt(zone, year + at, month, day, hour, minute))
        .filter((due) => due.getTime() > Date.now() + 5000)
        .map((due) => due.toISOString());
      expect(await nextRuns(`${minute} ${hour} ${day} ${month} *`, zone)).toEqual(wanted.slice(0, 10));
    },
  );

  test.each([
    ["Europe/Berlin", "begins"],
    ["Europe/Berlin", "ends"],
    ["America/New_York", "begins"],
    ["America/New_York", "ends"],
  ] as const)(
    "every half hour in %s where summer %s: half an hour apart all through the change",
    async (zone, which) => {
      const { month, day } = changeOfClocks(zone, year + 1, which);
      const midnight = dueAt(zone, year + 1, month, day, 0, 0).getTime();
      const runs = (await nextRuns(`*/30 * ${day} ${month} *`, zone)).filter((due) => Date.parse(due) >= midnight);
      expect(runs).toEqual(
        Array.from({ length: runs.length }, (_, at) => new Date(midnight + at * 1_800_000).toISOString()),
      );
      expect(runs.length).toBeGreaterThanOrEqual(8);
    },
  );

  test.each([
    [
      "Europe/Berlin",
      "ends",
      "30 1-3",
      [
        [1, 30],
        [2, 30],
        [3, 30],
      ],
    ],
    [
      "Europe/Berlin",
      "ends",
      "0,30 2",
      [
        [2, 0],
        [2, 30],
      ],
    ],
    [
      "America/New_York",
      "ends",
      "15 0,1,2",
      [
        [0, 15],
        [1, 15],
        [2, 15],
      ],
    ],
    [
      "America/New_York",
      "begins",
      "30 1,3",
      [
        [1, 30],
        [3, 30],
      ],
    ],
  ] as const)("in %s where summer %s, the wall-clock times %s are each due once", async (zone, which, text, times) => {
    const { month, day } = changeOfClocks(zone, year + 1, which);
    const wanted = [year, year + 1, year + 2, year + 3]
      .flatMap((at) => times.map(([hour, minute]) => dueAt(zone, at, month, day, hour, minute)))
      .filter((due) => due.getTime() > Date.now() + 5000)
      .map((due) => due.toISOString());
    const runs = await nextRuns(`${text} ${day} ${month} *`, zone);
    expect(runs.slice(0, 6)).toEqual(wanted.slice(0, 6));
  });

  /** Written down by hand, from a calendar: as long as they are ahead. */
  const TABLE: [string, string | undefined, string[]][] = [
    ["0 0 29 2 *", undefined, ["2028-02-29T00:00:00.000Z", "2032-02-29T00:00:00.000Z", "2036-02-29T00:00:00.000Z"]],
    ["30 2 28 3 *", "Europe/Berlin", ["2027-03-28T01:00:00.000Z", "2028-03-28T00:30:00.000Z"]],
    ["30 2 31 10 *", "Europe/Berlin", ["2027-10-31T00:30:00.000Z", "2028-10-31T01:30:00.000Z"]],
    ["30 2 14 3 *", "America/New_York", ["2027-03-14T07:00:00.000Z", "2028-03-14T06:30:00.000Z"]],
    ["30 1 7 11 *", "America/New_York", ["2027-11-07T05:30:00.000Z", "2028-11-07T06:30:00.000Z"]],
    ["0 12 25 12 *", "Asia/Kathmandu", ["2027-12-25T06:15:00.000Z", "2028-12-25T06:15:00.000Z"]],
    ["15 6 1 1 *", "Pacific/Auckland", ["2027-12-31T17:15:00.000Z", "2028-12-31T17:15:00.000Z"]],
    ["0 0 1 JAN *", "UTC", ["2028-01-01T00:00:00.000Z", "2029-01-01T00:00:00.000Z"]],
  ];
  test.each(TABLE)("%s in %s", async (cron, timezone, hand) => {
    const ahead = hand.filter((due) => Date.parse(due) > Date.now() + 5000);
    expect(await nextRuns(cron, timezone)).toEqual(expect.arrayContaining(ahead));
  });

  test.each<[string, (date: Date) => boolean]>([
    ["0 12 * * MON-FRI", (date) => ![0, 6].includes(date.getUTCDay())],
    ["0 12 * * 0", (date) => date.getUTCDay() === 0],
    ["0 12 * * 7", (date) => date.getUTCDay() === 0],
    ["0 12 31 * *", (date) => date.getUTCDate() === 31],
    ["0 12 13 * 5", (date) => date.getUTCDate() === 13 || date.getUTCDay() === 5],
    ["0 12 1-7 */3 *", (date) => date.getUTCDate() <= 7 && [0, 3, 6, 9].includes(date.getUTCMonth())],
  ])("%s: all days that fit, and no other", async (cron, fits) => {
    const wanted: string[] = [];
    for (let day = 0; wanted.length < 10; day++) {
      const date = new Date(new Date(Date.now() + day * 86_400_000).setUTCHours(12, 0, 0, 0));
      if (fits(date) && date.getTime() > Date.now() + 2000) wanted.push(date.toISOString());
    }
    expect(await nextRuns(cron)).toEqual(wanted);
  });

  test.each<[string, JsonMap]>([
    ["61 minutes", { cron: "61 * * * *" }],
    ["four fields", { cron: "* * * *" }],
    ["words", { cron: "every day" }],
    ["nothing", { cron: "" }],
    ["a day that never comes", { cron: "0 0 30 2 *" }],
    ["a zone that is none", { cron: "0 0 * * *", timezone: "Europe/Nowhere" }],
    ["an offset as a zone that no map knows", { cron: "0 0 * * *", timezone: "+25:00" }],
    ["another overlap", { cron: "0 0 * * *", overlap: "sometimes" }],
    ["an unknown member", { cron: "0 0 * * *", when: "now" }],
    ["no cron", {}],
  ])("%s: refused when it is published and when it is made", async (_name, schedule) => {
    const definition: JsonMap = { name: `refused ${run}`, steps: [{ id: "o", type: "output", value: 1 }] };
    const file = await outside.api.post("/workflows", { ...definition, triggers: [{ type: "schedule", ...schedule }] });
    expect(file).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
    const direct = await outside.api.post("/triggers", { workflow: await workflow(), type: "schedule", ...schedule });
    expect(direct).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
  });
});
