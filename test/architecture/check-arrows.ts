import { type Import, readImports } from "./read-imports.ts";
import { ROOMS, type Room, roomOf, UNIT_TEST_PACKAGES } from "./rooms.ts";
import type { SourceFile, Violation } from "./source-file.ts";

/** Every import that no arrow allows, and every source file that stands in no room. */
export function checkArrows(files: readonly SourceFile[], rooms: Readonly<Record<string, Room>> = ROOMS): Violation[] {
  const violations: Violation[] = [];
  for (const file of files) {
    if (!file.path.includes("/")) continue;
    const name = roomOf(file.path, rooms);
    const room = name === null ? undefined : rooms[name];
    if (name === null || room === undefined) {
      violations.push({ path: file.path, line: 1, message: "stands in no room of test/architecture/rooms.ts" });
      continue;
    }
    for (const found of readImports(file)) {
      const problem = found.relative
        ? foreignRoom(found, name, room, rooms)
        : foreignPackage(found.target, name, room, file.path.endsWith(".test.ts"));
      if (problem !== null) violations.push({ path: file.path, line: found.line, message: problem });
    }
  }
  return violations;
}

function foreignRoom(found: Import, name: string, room: Room, rooms: Readonly<Record<string, Room>>): string | null {
  const target = roomOf(found.target, rooms);
  if (target === name || (target !== null && room.rooms.includes(target))) return null;
  if (target === null && found.target.endsWith(".json")) return null;
  return `${name} may not import ${found.target} (${target ?? "no room"})`;
}

function foreignPackage(specifier: string, name: string, room: Room, unitTest: boolean): string | null {
  const platform = /^(node|cloudflare):/.exec(specifier)?.[1];
  if (platform !== undefined) {
    if (room.packages.includes(specifier)) return null;
    if (platform === room.platform || (unitTest && platform === "node")) return null;
    return `${name} may not import ${specifier}: it must run without ${platform}`;
  }
  const allowed = unitTest ? [...room.packages, ...UNIT_TEST_PACKAGES] : room.packages;
  if (allowed.some((known) => specifier === known || specifier.startsWith(`${known}/`))) return null;
  return `${name} may not import the package ${specifier}`;
}
