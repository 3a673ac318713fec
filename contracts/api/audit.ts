import * as z from "zod";
import { cleanText } from "../clean-text.ts";
import { environment } from "./keys.ts";
import { timestamp } from "./json-values.ts";
import { pageOf, pageQuery } from "./pages.ts";

const time = z.iso.datetime({ offset: true, error: "must be a time in ISO 8601." }).optional();

export const auditQuery = z.strictObject({
  actor: cleanText(200).optional().meta({ description: "Id of a key." }),
  action: cleanText(100)
    .optional()
    .meta({ description: "An action, or all that begin alike: `key.*`.", example: "execution.canceled" }),
  since: time.meta({ description: "Included." }),
  until: time.meta({ description: "Not included." }),
  ...pageQuery,
});
export type AuditQuery = z.infer<typeof auditQuery>;

export const auditRow = z
  .strictObject({
    id: z.string(),
    at: timestamp,
    actor: z.string(),
    action: z.string(),
    subject: z.string().meta({ description: "Id or name of what was changed." }),
    environment,
  })
  .meta({ id: "AuditRow" });
export type AuditRow = z.infer<typeof auditRow>;

export const auditPage = pageOf(auditRow)
  .extend({ as_of: timestamp.meta({ description: "What was done to executions up to this time is in the list." }) })
  .meta({ id: "AuditPage" });
