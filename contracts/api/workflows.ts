import * as z from "zod";
import { problem } from "./error.ts";
import { jsonObject, jsonObjectOrNull, timestamp } from "./json-values.ts";
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

export const validateAnswer = z
  .strictObject({
    valid: z.boolean(),
    problems: z.array(problem),
    findings: z.array(problem).meta({ description: "What is accepted and worth knowing." }),
    estimate: jsonObjectOrNull.meta({
      description: "Steps that one run opens at least, by workflow slug; null when invalid.",
    }),
  })
  .meta({ id: "ValidateAnswer" });
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
