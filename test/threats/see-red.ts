import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { Plant } from "./plant.ts";
import { PLANTS } from "./plants.ts";

/*
 * `node scripts/with-node.mjs test/threats/see-red.ts [--say] [T1 …]` plants each fault in this working tree, one after the other, and sees its case fail. Whatever
 * happens, the file is put back. Some need a platform, and a minute.
 */

const ROOT = join(import.meta.dirname, "../..");

/** `--say`: what the case says when it fails. */
const saying = process.argv.includes("--say");
const LONGEST_SAID = 200_000;

/** Places in a case's name that are filled in for each row of its table. */
const FILLED = /%[sjif]|\$\w+/g;

async function turnsRed({ test, name, file, from, to, also }: Plant): Promise<boolean> {
  const restores = [{ file, from, to }, ...(also ? [also] : [])].map(plant);
  const restore = () => {
    for (const back of restores) back();
  };
  process.once("exit", restore);
  try {
    const output = stripVTControlCharacters(await run(test, name));
    const [, counts] = /^\s*Tests\s+(.*)$/m.exec(output) ?? [];
    // What did not come to its cases has shown nothing, and neither has a name that no case has.
    if (counts === undefined || !/passed|failed/.test(counts)) process.stdout.write(`not run: ${test}\n`);
    if (saying) process.stdout.write(`${output.slice(output.indexOf("Failed Tests"), LONGEST_SAID)}\n`);
    return counts?.includes("failed") === true;
  } finally {
    restore();
    process.off("exit", restore);
  }
}

/** Makes an edit, and answers what undoes it. */
function plant({ file, from, to }: Pick<Plant, "file" | "from" | "to">): () => void {
  const path = join(ROOT, file);
  const text = readFileSync(path, "utf8");
  if (text.split(from).length !== 2) throw new Error(`${file} does not hold what is to be taken away, once`);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
  return () => writeFileSync(path, text);
}

function run(test: string, name: string): Promise<string> {
  const parts = name.split(FILLED).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const args = [
    join(ROOT, "node_modules/vitest/vitest.mjs"),
    "run",
    test,
    "-t",
    parts.join(".*"),
    "--testTimeout=120000",
  ];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      output += String(chunk);
    });
  return new Promise((resolve) => {
    child.once("close", () => resolve(output));
  });
}

/** Threats, or words of a fault. */
const wanted = process.argv.slice(2).filter((word) => word !== "--say");
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));
for (const it of PLANTS) {
  if (wanted.length > 0 && !wanted.some((word) => word === it.threat || it.fault.includes(word))) continue;
  const red = await turnsRed(it);
  process.stdout.write(`${red ? "red  " : "GREEN"} ${it.threat} ${it.test}: ${it.fault}\n`);
  if (!red) process.exitCode = 1;
}
