import type { BlockReader } from "../../engine/definition/block-reader.ts";
import type { Member, ReadContext } from "../../engine/definition/read-context.ts";
import { pointerTo, type SourceNode } from "../../engine/source/tree.ts";
import { CODE_LIMITS } from "../code/code-limits.ts";
import { modulePlaceOf } from "../code/module-place.ts";
import { type ParsedModule, parseModule } from "../code/parse-module.ts";
import type { ActionManifest, CodeHandler, ConnectorManifest } from "./manifest.ts";

/** `greet.js`, `lib/dates.mjs`. */
const MODULE_NAME = /^(?!.{101})[A-Za-z0-9_][A-Za-z0-9_-]*(?:[./][A-Za-z0-9_-]+)*\.m?js$/;

/** A module that was read: its text, where that stands, and what is in it. */
interface ReadModule {
  text: string;
  parsed: ParsedModule;
  place: { node: SourceNode; pointer: string };
}

export type ReadModules = Map<string, ReadModule>;

/** `modules: {name.js: source}`, beside `actions` or in the connector's block. */
export function readModules(file: BlockReader, block: BlockReader): ReadModules {
  const modules: ReadModules = new Map();
  const member = file.member(["modules"]) ?? (file === block ? undefined : block.member(["modules"]));
  if (member === undefined) return modules;
  const { context } = file;
  if (member.node.kind !== "map") {
    context.refuse(member, "modules must be a map of names to source texts");
    return modules;
  }
  for (const entry of member.node.entries) {
    const own: Member = { entry, node: entry.value, pointer: pointerTo(member.pointer, entry.key) };
    if (!MODULE_NAME.test(entry.key)) context.refuseKey(own, "a module's name must be like greet.js or lib/dates.js");
    else if (entry.value.kind !== "scalar" || typeof entry.value.value !== "string")
      context.refuse(own, `the module ${entry.key} must be text`);
    else modules.set(entry.key, readModule(entry.value.value, own, context));
  }
  return modules;
}

function readModule(text: string, place: ReadModule["place"], context: ReadContext): ReadModule {
  const parsed = parseModule(text);
  if (!parsed.ok) {
    const { message, line, column } = parsed;
    complain(context, place, parsed.offset, `${message} (line ${line}, column ${column} of the module)`);
  }
  return { text, parsed, place };
}

/** A complaint about the unit `offset` of a module's text. */
function complain(context: ReadContext, { node, pointer }: ReadModule["place"], offset: number, message: string): void {
  const where = () => (node.kind === "scalar" ? context.locate.inScalar(node, offset) : context.locate.node(node));
  context.report(pointer, where, message);
}

/**
 * Gives every code handler the name of its module: a source text becomes a module of its own. Checks that what is named is
 * there, exports what is called and imports nothing else. Answers the texts; undefined when the connector has no code.
 */
export function settleModules(
  actions: readonly ActionManifest[],
  modules: ReadModules,
  context: ReadContext,
): ConnectorManifest["modules"] {
  for (const { name, handler } of actions) if (handler.kind === "code") settle(name, handler, modules);
  for (const [name, module] of modules) checkImports(name, module, modules, context);
  checkSizes(modules, context);
  if (modules.size === 0) return undefined;
  return Object.fromEntries([...modules].map(([name, { text }]) => [name, text]));
}

function settle(action: string, handler: CodeHandler, modules: ReadModules): void {
  const place = modulePlaceOf(handler);
  if (place === undefined || handler.module === "") return;
  const { member, context } = place;
  if (MODULE_NAME.test(handler.module)) {
    if (!modules.has(handler.module)) {
      context.refuse(
        member,
        `no module "${handler.module}" stands under modules: there is ${listed([...modules.keys()])}`,
      );
      return;
    }
  } else {
    const text = handler.module;
    handler.module = freeName(action, text, modules);
    if (!modules.has(handler.module)) modules.set(handler.module, readModule(text, member, context));
  }
  const parsed = modules.get(handler.module)?.parsed;
  if (!parsed?.ok) return;
  const { exports } = parsed;
  const wanted = handler.export ?? action;
  if (exports.has(wanted) || exports.has("default") || exports.has("*")) return;
  context.refuse(
    member,
    `the module ${handler.module} does not export "${wanted}" (it exports ${listed([...exports])}): write \`export async function ${wanted}(input, context)\`, or name another by \`export\``,
  );
}

function freeName(action: string, text: string, modules: ReadModules): string {
  const base = action.replaceAll(/[^A-Za-z0-9_-]/g, "-");
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? `${base}.js` : `${base}-${count}.js`;
    const known = modules.get(name);
    if (known === undefined || known.text === text) return name;
  }
}

function checkImports(name: string, module: ReadModule, modules: ReadModules, context: ReadContext): void {
  if (!module.parsed.ok) return;
  for (const { from, offset } of module.parsed.imports) {
    const target = /^\.{1,2}\//.test(from) ? new URL(from, `module:///${name}`).pathname.slice(1) : undefined;
    if (target !== undefined && modules.has(target)) continue;
    complain(
      context,
      module.place,
      offset,
      `"${from.slice(0, 100)}" cannot be imported: a module imports the modules published with it, as "./name.js"; packages are bundled into one before`,
    );
  }
}

function checkSizes(modules: ReadModules, context: ReadContext): void {
  const encoder = new TextEncoder();
  let bytes = 0;
  let count = 0;
  for (const { text, place } of modules.values()) {
    bytes += encoder.encode(text).length;
    count += 1;
    if (count > CODE_LIMITS.modules) {
      context.refuse(place, `a connector may have at most ${CODE_LIMITS.modules} modules`);
      return;
    }
    if (bytes > CODE_LIMITS.sourceBytes) {
      context.refuse(place, `the modules of a connector may have at most ${CODE_LIMITS.sourceBytes} bytes together`);
      return;
    }
  }
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.slice(0, 20).join(", ");
}
