import { modulesDigest, type Modules } from "../../connectors/code/modules-digest.ts";

/** Modules of a code connector as the tenant's object keeps them. */
export interface ModuleSet {
  digest: string;
  modules: Modules;
}

/** Modules that no isolate has seen: the given ones, each with a remark that makes others of them. */
export function newModuleSets(modules: Modules, turn: number, count: number): ModuleSet[] {
  return Array.from({ length: count }, (_, index) => {
    const remarked = Object.entries(modules).map(([name, text]) => [name, `${text}\n// ${turn}.${index}`]);
    const own: Modules = Object.fromEntries(remarked);
    return { digest: modulesDigest(own), modules: own };
  });
}
