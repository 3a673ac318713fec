import { expect, test } from "vitest";
import type { ExecutionEvent } from "../../../contracts/execution-event.ts";
import { eventLine } from "../../../contracts/stream-frames.ts";
import { wantsEvent, wantsLine } from "./event-selection.ts";

function event(type: string, path: string | null): ExecutionEvent {
  return {
    id: 1,
    type,
    timestamp: "2026-01-01T00:00:00.000Z",
    workflow_id: "w",
    execution_id: "exec_a",
    step_name: path,
    step_path: path,
    data: {},
  };
}

test.each([
  ["fetch", true],
  ["fetch[2]", true],
  ["fetch@3", true],
  ["fetch.inner", true],
  ["block~2.fetch[1]", true],
  ["block.fetch.deep", true],
  ["fetcher", false],
  ["refetch", false],
  ["block.fetcher", false],
  [null, false],
])("an event of %s is one of the step fetch: %s", (path, wanted) => {
  const selection = { types: [null], step: "fetch" };
  expect(wantsEvent(selection, event("step.started", path))).toBe(wanted);
  expect(wantsLine(selection, eventLine(event("step.started", path)))).toBe(wanted);
});

test("a path with its marks is that iteration alone", () => {
  const selection = { types: [null], step: "each[2]" };
  const of = (path: string): boolean => wantsEvent(selection, event("step.started", path));
  expect([of("each[2]"), of("each[2].inner"), of("each[1]"), of("each[20]"), of("each")]).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test("every list must name the type, exactly or by its family", () => {
  const line = eventLine(event("step.completed", "a"));
  expect(wantsLine({ types: [null, null] }, line)).toBe(true);
  expect(wantsLine({ types: [["step.*"], ["step.completed", "log"]] }, line)).toBe(true);
  expect(wantsLine({ types: [["step.*"], ["log"]] }, line)).toBe(false);
  expect(wantsLine({ types: [["step"]] }, line)).toBe(false);
});
