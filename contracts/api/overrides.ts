import * as z from "zod";
import { cleanText } from "../clean-text.ts";
import { duration } from "./durations.ts";
import { jsonObject, jsonValue } from "./json-values.ts";

const stepOverride = z.strictObject({
  input: jsonValue.optional().meta({
    description: "Of two maps the members given here win, the others stay; anything else takes the input's place.",
  }),
  timeout: duration.optional(),
  connection: cleanText(300).optional(),
});

/** What a start changes in its own run alone (section 20). */
export const overrides = z.strictObject({
  timeout: duration.optional().meta({ description: "Of the whole run, in place of the workflow's." }),
  retry: jsonObject.optional().meta({ description: "Over the workflow's `retry`, member by member." }),
  connectors: jsonObject.optional(),
  steps: z.record(z.string(), stepOverride).optional().meta({ description: "By the id of a step." }),
});

export type Overrides = z.infer<typeof overrides>;
