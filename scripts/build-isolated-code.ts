import { buildIsolatedCode } from "./platform/bundle.ts";

/*
 * What the toolbox's wrangler.toml runs before it bundles: `node scripts/with-node.mjs scripts/build-isolated-code.ts`.
 */

await buildIsolatedCode();
process.channel?.unref();
