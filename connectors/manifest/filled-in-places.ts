import type { BlockReader } from "../../engine/definition/block-reader.ts";
import { type MapNode, pointerTo, type SourceNode } from "../../engine/source/tree.ts";

interface Place {
  node: SourceNode;
  pointer: string;
}

/** Where the members of http and mcp handlers stand, and those of an MCP server: what is filled in for each call. */
export function filledInPlaces(file: BlockReader, block: BlockReader): Place[] {
  const owners = file === block ? [file] : [file, block];
  return owners.flatMap((owner) => {
    const whole = { node: owner.node, pointer: owner.pointer };
    const servers = ["server", "mcp"].flatMap((name) => serverPlace(whole, name));
    const actions = child(whole, "actions");
    return [...servers, ...(actions === undefined ? [] : itemsOf(actions).flatMap(handlerPlaces))];
  });
}

/** `server: https://…` is filled in as a whole, as its `url`. */
function serverPlace(owner: Place, name: string): Place[] {
  const server = child(owner, name);
  if (server === undefined) return [];
  if (server.node.kind !== "scalar" || owner.node.kind !== "map") return [server];
  const alone: MapNode = { ...owner.node, entries: owner.node.entries.filter(({ key }) => key === name) };
  return [{ node: alone, pointer: owner.pointer }];
}

/** An action without a `handler` is its own http handler. */
function handlerPlaces(action: Place): Place[] {
  const handler = child(action, "handler");
  if (handler === undefined) return [action];
  return ["http", "mcp"].flatMap((kind) => child(handler, kind) ?? []);
}

function child({ node, pointer }: Place, name: string): Place | undefined {
  const entry = node.kind === "map" ? node.entries.find(({ key }) => key === name) : undefined;
  return entry && { node: entry.value, pointer: pointerTo(pointer, name) };
}

function itemsOf({ node, pointer }: Place): Place[] {
  if (node.kind !== "list") return [];
  return node.items.map((item, index) => ({ node: item, pointer: pointerTo(pointer, index) }));
}
