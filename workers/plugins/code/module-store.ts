import { UnfitModules } from "./unfit-modules.ts";
import { modulesDigest, type Modules } from "../../../connectors/code/modules-digest.ts";

/** Texts that are kept for isolates which have to be made again, isolated executions' above all. */
const MOST_KEPT_CHARS = 8_388_608;

const kept = new Map<string, Modules>();
let keptChars = 0;

/** Modules by digest, asked of the tenant's object once per Worker isolate. What does not have that digest is never run. */
export async function loadModules(owner: string, digest: string, ask: () => Promise<Modules | null>): Promise<Modules> {
  const key = `${owner} ${digest}`;
  const known = kept.get(key);
  if (known) return known;
  const modules = await ask();
  if (modules === null)
    throw new UnfitModules(`The modules that the plan pinned (SHA-256 ${digest}) are not stored any more`);
  if (modulesDigest(modules) !== digest)
    throw new UnfitModules(
      `The stored modules are not those that were published (SHA-256 ${digest}): they are not run`,
    );
  const chars = JSON.stringify(modules).length;
  if (keptChars + chars > MOST_KEPT_CHARS) {
    kept.clear();
    keptChars = 0;
  }
  keptChars += chars;
  kept.set(key, modules);
  return modules;
}
