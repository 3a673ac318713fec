import type { BlockReader } from "../../definition/block-reader.ts";
import { durationMs } from "../../definition/duration.ts";
import type { StepFields } from "../../definition/step-fields.ts";
import type { JsonObject } from "../../json.ts";

/** `duration`, or `until {time}`, or `until {event, timeout, channel, filter, key}` (sections 4 and 20). */
export const waitFields: StepFields<"wait"> = {
  kind: "wait",
  types: ["wait", "delay"],
  tellingKeys: [],
  read(block, owner) {
    const duration = block.template(["duration"], "logic");
    checkLiteralDuration(block, duration);
    const until = readUntil(block, owner);
    if (block.has("duration") === block.has("until")) block.missing("duration", `in ${owner}, or until, and not both`);
    return { kind: "wait", duration, until };
  },
};

function checkLiteralDuration(block: BlockReader, duration: unknown): void {
  if (duration === undefined || (typeof duration === "string" && duration.includes("{{"))) return;
  if ((typeof duration === "number" || typeof duration === "string") && durationMs(duration) !== undefined) return;
  const member = block.member(["duration"]);
  if (member !== undefined) block.context.refuse(member, 'duration must be seconds, or text such as "30s", "5m", "2d"');
}

function readUntil(block: BlockReader, owner: string): JsonObject | undefined {
  const member = block.member(["until"]);
  const until = member && block.inside(member);
  if (until === undefined) return undefined;
  const time = until.template(["time"], "logic");
  const event = until.template(["event"], "logic");
  const timeout = until.template(["timeout"], "logic");
  const channel = until.text(["channel"]);
  const filter = until.template(["filter"], "logic");
  const key = until.template(["key"], "logic");
  if ((time === undefined) === (event === undefined))
    until.missing("event", `in until of ${owner}, or time, and not both`);
  until.finish(`until of ${owner}`);
  return {
    ...(time === undefined ? {} : { time }),
    ...(event === undefined ? {} : { event }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(channel === undefined ? {} : { channel }),
    ...(filter === undefined ? {} : { filter }),
    ...(key === undefined ? {} : { key }),
  };
}
