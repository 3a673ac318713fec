import type { Member, ReadContext } from "../../engine/definition/read-context.ts";
import type { CodeHandler } from "../manifest/manifest.ts";

/** Where a handler's module is written, for what is found to be wrong with it when all modules are known. */
export interface ModulePlace {
  member: Member;
  context: ReadContext;
}

const places = new WeakMap<CodeHandler, ModulePlace>();

export function rememberModulePlace(handler: CodeHandler, place: ModulePlace): void {
  places.set(handler, place);
}

export function modulePlaceOf(handler: CodeHandler): ModulePlace | undefined {
  return places.get(handler);
}
