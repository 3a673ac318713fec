import type { ConnectorManifest } from "../manifest/manifest.ts";
import { COMPUTING_CONNECTORS } from "./computing-connectors.ts";
import { email } from "./email.ts";
import { github } from "./github.ts";
import { http } from "./http.ts";
import { openai } from "./openai.ts";
import { postgres } from "./postgres.ts";
import { s3 } from "./s3.ts";
import { slack } from "./slack.ts";
import { webhook } from "./webhook.ts";

/**
 * Every connector that the platform itself provides: what a new deployment is seeded with. All stand in the namespace
 * `community`. Functions are run by the toolbox plugin, or by the http plugin where they see secrets; http handlers by the http plugin.
 */
export const FIRST_PARTY: readonly ConnectorManifest[] = [
  ...COMPUTING_CONNECTORS,
  http,
  webhook,
  email,
  slack,
  github,
  openai,
  postgres,
  s3,
];
