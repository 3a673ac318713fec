import type { JsonObject } from "../json.ts";
import { nearestName } from "../source/nearest-name.ts";
import type { BlockReader } from "./block-reader.ts";
import { type FieldTable, readWhole, type Shape } from "./field.ts";
import { kept, keptObject, list } from "./field-blocks.ts";
import { accepted, boolean, duration, json, number, texts, word } from "./field-kinds.ts";
import { shapeSchema } from "./shape-schema.ts";

const EVERY_TRIGGER: FieldTable = {
  type: word("What starts the workflow: manual, schedule, webhook or event."),
  id: word("How the trigger is addressed."),
  name: word("What the trigger is called."),
  description: word("What the trigger is for."),
  enabled: boolean("Whether it starts runs."),
  inputs: json("The inputs of the runs that it starts; templates see `trigger`."),
  metadata: accepted("Anything; the platform does not read it."),
};

/** Triggers by their type (section 14). */
const TRIGGERS: Readonly<Record<string, Shape>> = {
  manual: { fields: EVERY_TRIGGER },
  schedule: {
    fields: {
      ...EVERY_TRIGGER,
      cron: word("When, as a cron expression of five fields.", { required: () => "in a schedule trigger" }),
      timezone: word("The time zone of `cron`, as in Europe/London (UTC)."),
      overlap: word("What happens when the run before still goes on."),
      backfill: json("Whether due times that were missed are made up for (no)."),
    },
  },
  webhook: {
    fields: {
      ...EVERY_TRIGGER,
      path: word("The last part of the address: `/hooks/{tenant}/{path}`."),
      method: word("The HTTP method that is expected."),
      auth: kept("How callers prove who they are.", {
        type: word("hmac-sha256 or bearer."),
        secret_name: word("Which secret of the tenant is the key."),
        header: word("Which header has the signature or token."),
        scheme: word("What stands before the token."),
      }),
      security: kept("Who may call, and how much.", {
        ipAllowlist: texts("Networks that may call."),
        replayWindow: duration("How old a call may be.", 0),
        timestampHeader: word("Which header says when the call was made."),
        maxPayloadSize: number("How many bytes a call may have."),
        rateLimit: kept("How many calls are accepted.", {
          rpm: number("Calls a minute."),
          burst: number("Calls at once."),
        }),
      }),
    },
  },
  event: {
    fields: {
      ...EVERY_TRIGGER,
      source: word("Where the event comes from: api or kafka."),
      topic: word("The topic that is listened to."),
      event: word("The name of the event."),
      filter: json("Members that the event must have."),
      group: word("The consumer group."),
    },
  },
};
const TYPES = Object.keys(TRIGGERS);

/** `triggers`: what starts a workflow besides requests. */
export const TRIGGERS_FIELD = list(
  "What starts the workflow besides requests: schedules, webhooks, events.",
  {
    called: () => ({ item: "a trigger", inside: "a trigger" }),
    schema: {
      type: "object",
      properties: { type: { enum: TYPES, description: "What starts the workflow." } },
      required: ["type"],
      allOf: Object.entries(TRIGGERS).map(([type, shape]) => ({
        if: { properties: { type: { const: type } } },
        then: shapeSchema(shape),
      })),
    },
    read: readTrigger,
  },
  { also: ["trigger"] },
);

function readTrigger(trigger: BlockReader, called: string): JsonObject | undefined {
  const member = trigger.member(["type"]);
  const type = trigger.text(["type"]);
  const shape = type !== undefined && Object.hasOwn(TRIGGERS, type) ? TRIGGERS[type] : undefined;
  if (shape !== undefined) readWhole(trigger, shape, `the ${type} trigger`);
  else if (member === undefined || (member.node.kind === "scalar" && member.node.value === null)) {
    trigger.missing("type", "in a trigger");
    trigger.accept(Object.keys(TRIGGERS.webhook?.fields ?? {}));
    trigger.finish(called);
  } else if (type !== undefined) {
    const suggestion = nearestName(type, TYPES);
    trigger.context.refuse(member, `unknown trigger type; known are ${TYPES.join(", ")}`, suggestion);
  }
  return keptObject(trigger.node);
}
