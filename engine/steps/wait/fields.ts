import { withoutUndefined, type BlockReader, type Names } from "../../definition/block-reader.ts";
import { durationMs } from "../../definition/duration.ts";
import type { Shape } from "../../definition/field.ts";
import { block } from "../../definition/field-blocks.ts";
import { custom, durationSchema, template, text } from "../../definition/field-kinds.ts";
import { stepFields } from "../../definition/step-fields.ts";
import type { Json, JsonObject } from "../../json.ts";

const UNTIL = {
  fields: {
    time: template("The moment to wait for, in ISO 8601.", "logic"),
    event: template("The name of the event to wait for.", "logic"),
    timeout: template("The wait ends after this, with `timedOut: true`.", "logic"),
    channel: text("Only events of this channel."),
    filter: template("Members that the event's payload must equal; dotted names reach inside.", "logic"),
    key: template("Only events that were sent with this key.", "logic"),
  },
  choices: [{ of: ["event", "time"], exclusive: true }],
} satisfies Shape;

/** `duration`, or `until {time}`, or `until {event, timeout, channel, filter, key}` (sections 4 and 20). */
export const waitFields = stepFields({
  kind: "wait",
  about: "Waits for a time or an event; the output is `{waitType, waitedFor, eventReceived, timedOut}`.",
  types: ["wait", "delay"],
  tellingKeys: [],
  fields: {
    duration: custom<Json>(
      'How long: seconds, text such as "30s", "5m", "2d", or a template.',
      { anyOf: [durationSchema(0), { type: "string", pattern: "\\{\\{" }] },
      readDuration,
      { nullIsAbsent: false },
    ),
    until: block("What to wait for: `{time}`, or `{event, timeout, channel, filter, key}`.", UNTIL),
  },
  choices: [{ of: ["duration", "until"], exclusive: true }],
  define: ({ duration, until }) => ({
    kind: "wait",
    duration,
    until: until && withoutUndefined<JsonObject>({ ...(until as JsonObject) }),
  }),
});

function readDuration(step: BlockReader, names: Names): Json | undefined {
  const duration = step.template(names, "logic");
  if (duration === undefined || (typeof duration === "string" && duration.includes("{{"))) return duration;
  if ((typeof duration === "number" || typeof duration === "string") && durationMs(duration) !== undefined)
    return duration;
  const member = step.member(names);
  if (member !== undefined) step.context.refuse(member, 'duration must be seconds, or text such as "30s", "5m", "2d"');
  return duration;
}
