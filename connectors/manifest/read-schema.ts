import type { BlockReader, Names } from "../../engine/definition/block-reader.ts";
import type { JsonObject } from "../../engine/json.ts";
import { schemaProblems } from "../../engine/schema/schema-problems.ts";

/** A member that holds a JSON Schema; what is wrong with the schema itself is reported at its place. */
export function readSchema(block: BlockReader, names: Names): JsonObject | undefined {
  const member = block.member(names);
  const schema = block.object(names);
  if (member === undefined || schema === undefined) return undefined;
  for (const problem of schemaProblems(schema)) {
    const pointer = member.pointer + problem.path;
    block.context.report(pointer, block.context.locate.pointer(pointer), problem.message, problem.suggestion);
  }
  return schema;
}
