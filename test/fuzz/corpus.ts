import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { readWorkflows } from "../../engine/definition/read-workflows.ts";
import { loadCases } from "../conformance/conformance-case.ts";

/** One file of workflows that the reader accepts. */
export interface CorpusFile {
  name: string;
  /** YAML. */
  text: string;
}

const ROOT = join(import.meta.dirname, "../..");
const EXAMPLES = join(ROOT, "examples");
/** The seed documents stand beside the checkout where this project is developed; a clone elsewhere does not have them. */
const SEEDS = join(ROOT, "../shared/seeds");

/** Every workflow file of `examples/`. */
export function exampleFiles(): CorpusFile[] {
  return readdirSync(EXAMPLES, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith("workflows.yaml"))
    .sort()
    .map((path) => ({ name: `examples/${path}`, text: readFileSync(join(EXAMPLES, path), "utf8") }));
}

/** The workflows of the conformance cases that are not about being refused. */
function conformanceFiles(): CorpusFile[] {
  return loadCases()
    .filter(({ expect }) => expect.refused === undefined)
    .map(({ topic, case: sentence, workflow }) => ({
      name: `${topic}: ${sentence}`,
      text: JSON.stringify({ name: "a case", ...workflow }, null, 2),
    }));
}

/** The YAML blocks of the seeds that are workflows; a fragment gets a name, as a start can give it one. */
function seedFiles(): CorpusFile[] {
  if (!existsSync(SEEDS)) return [];
  return readdirSync(SEEDS)
    .filter((file) => file.endsWith(".md"))
    .sort()
    .flatMap((file) => {
      const text = readFileSync(join(SEEDS, file), "utf8");
      const blocks = [...text.matchAll(/^ *```ya?ml *\n([\s\S]*?)^ *```/gm)].map(([, block = ""]) => block);
      return blocks.map((block, index) => ({ name: `${file} ${index + 1}`, text: block }));
    })
    .filter(({ text }) => readWorkflows(text, "yaml", { name: "a fragment" }).problems.length === 0)
    .map(({ name, text }) => ({ name, text: hasName(text) ? text : `name: a fragment\n${text}` }));
}

function hasName(text: string): boolean {
  const value: Record<string, unknown> = parse(text);
  return ["name", "id", "workflow", "workflows"].some((key) => Object.hasOwn(value, key));
}

/** Everything that is known to be a good file: where mutations begin. */
export function corpus(): CorpusFile[] {
  return [...exampleFiles(), ...conformanceFiles(), ...seedFiles()];
}
