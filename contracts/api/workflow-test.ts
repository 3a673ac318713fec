import * as z from "zod";
import { RUN_ERROR_CODES } from "../../engine/errors.ts";
import { RUN_STATUSES } from "../../engine/run/types.ts";
import { cleanText } from "../clean-text.ts";
import { jsonObject, jsonObjectOrNull, jsonValue } from "./json-values.ts";

/** Fixtures that one call may run. */
export const MOST_FIXTURES = 50;

/** `POST /workflows/{slug}/test`: which fixtures, or inputs of the moment. Without either, every fixture runs. */
export const workflowTestBody = z
  .strictObject({
    fixtures: z
      .array(cleanText(200))
      .min(1)
      .max(MOST_FIXTURES)
      .optional()
      .meta({ description: "Names of the workflow's fixtures." }),
    inputs: jsonObject.optional().meta({ description: "Runs once with these, expecting only that it completes." }),
    mock_data: jsonObject
      .optional()
      .meta({ description: "Answers of calls, by step or action; they come before the workflow's own `mockData`." }),
  })
  .meta({ id: "TestWorkflow", example: { fixtures: ["usual"], mock_data: { fetch: { temperature: 21 } } } });
export type WorkflowTestBody = z.infer<typeof workflowTestBody>;

const runError = z.strictObject({ code: z.enum(RUN_ERROR_CODES), message: z.string(), details: jsonObject.optional() });

const fixtureStep = z
  .strictObject({
    path: z.string(),
    status: z.string(),
    attempts: z.int(),
    output: jsonValue,
    error: runError.nullable(),
  })
  .meta({ id: "FixtureStep" });

const fixtureCall = z
  .strictObject({
    path: z.string().meta({ description: "The step; of a called workflow behind the calling step's path and `/`." }),
    action: z.string().meta({ description: "`namespace/name.action`, or the kind of a step that calls no connector." }),
    attempt: z.int(),
    input: jsonValue,
    answered_by: z.enum(["mock_data", "schema", "input", "run", "nothing"]),
    output: jsonValue.optional(),
    error: runError.optional(),
  })
  .meta({ id: "FixtureCall" });

const fixtureResult = z
  .strictObject({
    name: z.string(),
    passed: z.boolean(),
    status: z.enum(RUN_STATUSES).meta({ description: "How the run ended, or where it stood when nothing was due." }),
    outputs: jsonObjectOrNull,
    expected: jsonObject.optional(),
    differences: z.array(
      z.strictObject({ path: z.string(), expected: jsonValue.optional(), actual: jsonValue.optional() }),
    ),
    error: runError.optional(),
    steps: z.array(fixtureStep),
    calls: z.array(fixtureCall),
    shortened: z.literal(true).optional().meta({
      description: "The answer grew too large: inputs and outputs of steps and calls are left out from here on.",
    }),
  })
  .meta({ id: "FixtureResult" });

export const workflowTestAnswer = z
  .strictObject({ passed: z.int(), failed: z.int(), results: z.array(fixtureResult) })
  .meta({
    id: "WorkflowTestAnswer",
    example: {
      passed: 1,
      failed: 0,
      results: [
        {
          name: "usual",
          passed: true,
          status: "completed",
          outputs: { sum: 3 },
          expected: { sum: 3 },
          differences: [],
          steps: [{ path: "sum", status: "completed", attempts: 1, output: { result: 3 }, error: null }],
          calls: [
            {
              path: "sum",
              action: "community/calculator.add",
              attempt: 1,
              input: { a: 1, b: 2 },
              answered_by: "mock_data",
              output: { result: 3 },
            },
          ],
        },
      ],
    },
  });
export type WorkflowTestAnswer = z.infer<typeof workflowTestAnswer>;
