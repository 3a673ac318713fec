import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { transform } from "esbuild";
import type { bundleWorker } from "../../scripts/platform/bundle.ts";

/*
 * `node scripts/with-node.mjs test/old-builds/make-bundle.ts CHECKOUT FILE.js.br`: the platform Worker of that checkout, API and objects,
 * as it is deployed: the release before the next.
 */

async function main(checkout: string, file: string): Promise<void> {
  const { bundleWorker: bundle }: { bundleWorker: typeof bundleWorker } = await import(
    join(checkout, "scripts/platform/bundle.ts")
  );
  const { code } = await transform(await bundle("workers/main.ts"), {
    minify: true,
    target: "es2024",
    format: "esm",
    legalComments: "none",
  });
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 };
  const packed = brotliCompressSync(code.replace(/\/\/# sourceMappingURL=.*\n?$/, ""), { params });
  writeFileSync(file, packed);
  process.stdout.write(`${file}: ${packed.length} bytes\n`);
}

const [checkout, file] = process.argv.slice(2);
if (checkout === undefined || file === undefined) {
  process.stderr.write("Usage: node scripts/with-node.mjs test/old-builds/make-bundle.ts CHECKOUT FILE.js.br\n");
  process.exit(2);
}
await main(resolve(checkout), resolve(file));
process.exit(0);
