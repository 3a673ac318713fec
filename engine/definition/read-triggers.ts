import type { JsonObject } from "../json.ts";
import { nearestName } from "../source/nearest-name.ts";
import { HMAC_STYLES, MOST_BACKFILL, OVERLAPS } from "../triggers/trigger-spec.ts";
import type { BlockReader } from "./block-reader.ts";
import { type FieldTable, placesOf, readWhole, type Shape } from "./field.ts";
import { kept, keptObject, list } from "./field-blocks.ts";
import { accepted, boolean, duration, integer, number, object, oneOf, template, word } from "./field-kinds.ts";
import { backfill, cron, headerName, hookPathField, methods, networks, timeZone } from "./trigger-fields.ts";
import { shapeSchema } from "./shape-schema.ts";

const EVERY_TRIGGER: FieldTable = {
  type: word("What starts the workflow: manual, schedule, webhook or event."),
  id: word("How the trigger is addressed."),
  name: word("What the trigger is called."),
  description: word("What the trigger is for."),
  enabled: boolean("Whether it starts runs."),
  inputs: template("The inputs of the runs that it starts; templates see `trigger`.", "trigger"),
  metadata: accepted("Anything; the platform does not read it."),
};

const KEY = template("Each value of this template is counted by itself; it sees `trigger`.", "trigger");
const PACE: FieldTable = {
  limit: integer("How many.", 1, 1_000, { required: true }),
  period: duration("In how long.", 1, { required: true }),
  key: KEY,
};

const EVENT = {
  fields: {
    ...EVERY_TRIGGER,
    source: word("Where the event comes from, as in api or kafka; anywhere when absent."),
    topic: word("The topic that is listened to.", { also: ["event"], required: true }),
    filter: object("Members that the event must have; a list is any of its items, dotted names reach inside."),
    group: word("The consumer group."),
    batch: kept("One run for many events: they stand in `trigger.events`.", {
      max_size: integer("It starts with so many at the latest (100).", 1, 1_000),
      timeout: duration("It starts so long after the first at the latest (10 s)."),
      key: KEY,
    }),
    debounce: kept("One run for the last of several events.", {
      period: duration("It starts when none came for so long.", 1, { required: true }),
      timeout: duration("It starts so long after the first at the latest (7 days)."),
      key: KEY,
    }),
    throttle: kept("At most so many runs in each period: the others start later.", PACE),
    rate_limit: kept("At most so many runs in each period: the others do not start.", PACE, { also: ["rateLimit"] }),
  },
  between: [{ dependencies: { batch: { properties: { debounce: { type: "null" } } } } }],
} satisfies Shape;

/** Triggers by their type (section 14). */
const TRIGGERS: Readonly<Record<string, Shape>> = {
  manual: { fields: EVERY_TRIGGER },
  schedule: {
    fields: {
      ...EVERY_TRIGGER,
      cron: cron("When, as a cron expression of five fields; with six the first is seconds.", {
        required: () => "in a schedule trigger",
      }),
      timezone: timeZone("The time zone of `cron`, as in Europe/London (UTC)."),
      overlap: oneOf("What happens when the run before still goes on (allow: nothing).", OVERLAPS),
      backfill: backfill(`Whether due times that were missed are made up for (false); {max} at most ${MOST_BACKFILL}.`),
    },
  },
  webhook: {
    fields: {
      ...EVERY_TRIGGER,
      path: hookPathField("The last part of the address: `/hooks/{tenant}/{path}`.", {
        required: () => "in a webhook trigger",
      }),
      method: methods("The HTTP methods that are expected (POST)."),
      auth: kept("How callers prove who they are.", {
        type: oneOf("hmac-sha256 or bearer.", ["hmac-sha256", "bearer"] as const, { required: true }),
        secret_name: word("Which secret of the tenant is the key.", { required: true }),
        header: headerName("Which header has the signature or token."),
        scheme: word("What stands before the token."),
        style: oneOf("How the signature is written; by default what its header is known for.", HMAC_STYLES),
        signs: oneOf("What a plain signature is taken over (body).", ["body", "timestamp.body"] as const),
      }),
      security: kept("Who may call, and how much.", {
        ipAllowlist: networks("Networks that may call."),
        replayWindow: duration("How old a call may be.", 0),
        timestampHeader: headerName("Which header says when the call was made."),
        maxPayloadSize: number("How many bytes a call may have.", 1),
        rateLimit: kept("How many calls are accepted.", {
          rpm: number("Calls a minute.", 1),
          burst: number("Calls at once.", 1),
        }),
      }),
      respond: kept("What the caller is answered.", {
        mode: oneOf("async: at once, 202; sync: at the end, with the outputs.", ["async", "sync"] as const),
        timeout: duration("How long a sync caller waits (30 s)."),
      }),
      idempotency: kept("How a delivery that comes again is known.", {
        header: headerName("Which header names the delivery.", { required: true }),
      }),
    },
  },
  event: EVENT,
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
  if (shape !== undefined) {
    const values = readWhole(trigger, shape, `the ${type} trigger`);
    if (shape === EVENT && values.batch !== undefined && values.debounce !== undefined)
      placesOf(trigger, EVENT).refuseKey("debounce", "a trigger has batch or debounce, not both");
  } else if (member === undefined || (member.node.kind === "scalar" && member.node.value === null)) {
    trigger.missing("type", "in a trigger");
    trigger.accept(Object.keys(TRIGGERS.webhook?.fields ?? {}));
    trigger.finish(called);
  } else if (type !== undefined) {
    const suggestion = nearestName(type, TYPES);
    trigger.context.refuse(member, `unknown trigger type; known are ${TYPES.join(", ")}`, suggestion);
  }
  return keptObject(trigger.node);
}
