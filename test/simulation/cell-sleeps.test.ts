import { expect, test } from "vitest";
import { WaitingSchedule } from "./waiting-schedule.ts";

const SCHEDULES = Number(process.env.SCHEDULES ?? 40);
const FIRST = Number(process.env.FIRST_SEED ?? 1);

test(`${SCHEDULES} schedules of kills, late alarms and lost messages over sleeps, subworkflows, slots and events end right`, {
  timeout: 300_000,
}, async () => {
  let kills = 0;
  for (let seed = FIRST; seed < FIRST + SCHEDULES; seed++) {
    const schedule = new WaitingSchedule(seed);
    await schedule.play();
    await schedule.check();
    kills += schedule.object.kills + schedule.tenant.kills;
  }
  expect(kills).toBeGreaterThan(SCHEDULES * 3);
});
