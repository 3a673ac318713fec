import type { ConnectorManifest } from "../manifest/manifest.ts";
import { analytics } from "./analytics.ts";
import { calculator } from "./calculator.ts";
import { data } from "./data.ts";
import { http } from "./http.ts";
import { logging } from "./logging.ts";
import { textConnector } from "./text.ts";

/**
 * Every connector that the platform itself provides: what a new deployment is seeded with. All stand in the namespace
 * `community`. Their `function` handlers are run by the toolbox plugin, their `http` handlers by the http plugin.
 */
export const FIRST_PARTY: readonly ConnectorManifest[] = [calculator, textConnector, data, analytics, logging, http];
