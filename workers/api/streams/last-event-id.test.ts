import { expect, test } from "vitest";
import { lastEventId } from "./last-event-id.ts";

test("a position is a number within the execution that was asked for, and names nothing else", () => {
  expect(lastEventId("12", 3)).toEqual({ ok: true, value: 12 });
  for (const nothing of [undefined, ""]) expect(lastEventId(nothing, 3)).toEqual({ ok: true, value: 3 });
  const hostile = ["-1", "1e3", "0x1", " 2", "+2", "1.0", "exec_other:2", "2\u00002", "٣", "' OR 1=1", "9".repeat(16)];
  for (const header of hostile) expect(lastEventId(header), header).toMatchObject({ ok: false, code: "VALIDATION" });
});
