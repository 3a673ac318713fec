import type { ConnectorManifest } from "../manifest/manifest.ts";
import { analytics } from "./analytics.ts";
import { calculator } from "./calculator.ts";
import { cryptoConnector } from "./crypto.ts";
import { csv } from "./csv.ts";
import { data } from "./data.ts";
import { datetime } from "./datetime.ts";
import { json } from "./json.ts";
import { logging } from "./logging.ts";
import { textConnector } from "./text.ts";

/** Those whose actions compute: all that the toolbox, which stands in every isolate, needs to know. */
export const COMPUTING_CONNECTORS: readonly ConnectorManifest[] = [
  calculator,
  textConnector,
  data,
  json,
  csv,
  datetime,
  cryptoConnector,
  analytics,
  logging,
];
