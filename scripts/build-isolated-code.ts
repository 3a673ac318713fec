import { buildGenerated } from "./platform/bundle.ts";

/*
 * What the plugins' wrangler.toml files run before it bundles: `node scripts/with-node.mjs scripts/build-isolated-code.ts`.
 */

await buildGenerated();
process.channel?.unref();
