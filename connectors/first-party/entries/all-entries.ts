import { analyticsEntry } from "./analytics.ts";
import { calculatorEntry } from "./calculator.ts";
import { cryptoEntry } from "./crypto.ts";
import { csvEntry } from "./csv.ts";
import { dataEntry } from "./data.ts";
import { datetimeEntry } from "./datetime.ts";
import { emailEntry } from "./email.ts";
import { githubEntry } from "./github.ts";
import { httpEntry } from "./http.ts";
import { jsonEntry } from "./json.ts";
import { loggingEntry } from "./logging.ts";
import { openaiEntry } from "./openai.ts";
import { postgresEntry } from "./postgres.ts";
import { s3Entry } from "./s3.ts";
import { slackEntry } from "./slack.ts";
import { textEntry } from "./text.ts";
import { webhookEntry } from "./webhook.ts";
import type { ConnectorEntry } from "./entry.ts";

/** What the registry says of every first-party connector, by name. Kept apart from the manifests: plugins need those alone. */
export const ENTRIES: Readonly<Record<string, ConnectorEntry>> = {
  analytics: analyticsEntry,
  calculator: calculatorEntry,
  crypto: cryptoEntry,
  csv: csvEntry,
  data: dataEntry,
  datetime: datetimeEntry,
  email: emailEntry,
  github: githubEntry,
  http: httpEntry,
  json: jsonEntry,
  logging: loggingEntry,
  openai: openaiEntry,
  postgres: postgresEntry,
  s3: s3Entry,
  slack: slackEntry,
  text: textEntry,
  webhook: webhookEntry,
};
