import * as z from "zod";
import { problem } from "./error.ts";
import { jsonObject, timestamp } from "./json-values.ts";
import { pageOf } from "./pages.ts";

const publishedWorkflow = z
  .strictObject({ slug: z.string(), name: z.string(), version: z.string(), digest: z.string(), url: z.string() })
  .meta({ id: "PublishedWorkflow" });

/** `POST /workflows`: all that the document held; the members at the top when it was one. */
export const publishAnswer = z
  .strictObject({
    status: z.literal("published"),
    slug: z.string().optional(),
    name: z.string().optional(),
    version: z.string().optional(),
    digest: z.string().optional(),
    url: z.string().optional(),
    workflows: z.array(publishedWorkflow),
  })
  .meta({
    id: "PublishAnswer",
    example: {
      status: "published",
      slug: "weather-report",
      name: "weather-report",
      version: "1.0.0",
      digest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      url: "/workflows/weather-report/versions/1.0.0",
      workflows: [
        {
          slug: "weather-report",
          name: "weather-report",
          version: "1.0.0",
          digest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
          url: "/workflows/weather-report/versions/1.0.0",
        },
      ],
    },
  });
export type PublishAnswer = z.infer<typeof publishAnswer>;

const finding = problem
  .extend({
    code: z.string().meta({ description: "Name of the kind of finding, in kebab-case." }),
    severity: z.enum(["warning", "info"]).meta({ description: "A warning is very likely a mistake." }),
  })
  .meta({ id: "Finding" });

const range = z
  .strictObject({
    least: z.number(),
    most: z.number().nullable().meta({ description: "null: nothing in the definition bounds it." }),
  })
  .meta({ id: "Range" });

const workflowEstimate = z
  .strictObject({
    steps: range.meta({ description: "Iterations, visits of nodes and steps of subworkflows count each." }),
    actions: z
      .record(z.string(), range)
      .meta({ description: "Calls by `namespace/name.action`, retries not counted." }),
    step_runs: range.meta({ description: "Attempts that reach a plugin; `most` with every retry used up." }),
    price: z.strictObject({
      currency: z.literal("USD"),
      least: z.number(),
      most: z.number().nullable(),
      basis: z.string().meta({ description: "What is in it and what is not." }),
    }),
  })
  .meta({ id: "WorkflowEstimate" });

export const validateAnswer = z
  .strictObject({
    valid: z.boolean(),
    problems: z.array(problem),
    findings: z.array(finding).meta({ description: "What is accepted and worth knowing." }),
    estimate: z
      .record(z.string(), workflowEstimate)
      .nullable()
      .meta({ description: "What one run that completes takes, by workflow slug; null when invalid." }),
  })
  .meta({
    id: "ValidateAnswer",
    example: {
      valid: true,
      problems: [],
      findings: [
        {
          path: "/steps/1/input/city",
          line: 9,
          column: 20,
          message: 'steps.fetch has no member "city", so this is null; it has output, outputs, status, error',
          suggestion: "steps.fetch.output.city",
          code: "unknown-member",
          severity: "warning",
        },
      ],
      estimate: {
        "weather-report": {
          steps: { least: 2, most: 2 },
          actions: { "community/http.get": { least: 1, most: 1 } },
          step_runs: { least: 1, most: 3 },
          price: {
            currency: "USD",
            least: 0.0005,
            most: 0.0007,
            basis: "1 execution and 1 to 3 step runs at list price.",
          },
        },
      },
    },
  });
export type ValidateAnswer = z.infer<typeof validateAnswer>;

export const workflowSummary = z
  .strictObject({
    slug: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    version: z.string().meta({ description: "What the bare slug means." }),
    url: z.string(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: "WorkflowSummary" });
export type WorkflowSummary = z.infer<typeof workflowSummary>;
export const workflowPage = pageOf(workflowSummary).meta({ id: "WorkflowPage" });

export const workflowVersion = z
  .strictObject({
    slug: z.string(),
    name: z.string(),
    version: z.string(),
    digest: z.string(),
    definition: jsonObject,
    connectors: z.array(
      z.strictObject({ reference: z.string(), connector: z.string(), version: z.string(), action: z.string() }),
    ),
    published_at: timestamp,
    published_by: z.string(),
    url: z.string(),
  })
  .meta({ id: "WorkflowVersion" });
export type WorkflowVersion = z.infer<typeof workflowVersion>;

export const versionSummary = z
  .strictObject({
    version: z.string(),
    digest: z.string(),
    published_at: timestamp,
    published_by: z.string(),
    url: z.string(),
  })
  .meta({ id: "VersionSummary" });
export const versionPage = pageOf(versionSummary).meta({ id: "VersionPage" });

export const deletedWorkflow = z
  .strictObject({ status: z.literal("deleted"), slug: z.string() })
  .meta({ id: "DeletedWorkflow", example: { status: "deleted", slug: "weather-report" } });
