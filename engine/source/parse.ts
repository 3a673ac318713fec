import { Composer, type Document } from "yaml";
import { TooLarge, TreeBuilder } from "./build-tree.ts";
import { SOURCE_LIMITS, utf8Length } from "./limits.ts";
import { Locator } from "./locator.ts";
import { parseJsonText } from "./parse-json.ts";
import { briefly, type Problem } from "./problem.ts";
import { scanYaml } from "./scan-yaml.ts";
import type { SourceTree } from "./tree.ts";

export type SourceFormat = "yaml" | "json";

export interface ParsedSource {
  /** Absent when the text could not be read at all; `problems` says why. */
  tree?: SourceTree;
  problems: Problem[];
}

export interface ParsedDocuments {
  trees: SourceTree[];
  problems: Problem[];
}

/**
 * One document of YAML 1.2 (core schema) or JSON text → a tree that knows its places (language document, section 1).
 * Refused: tags, merge keys, directives, several documents, duplicate keys, `__proto__`, control characters in names, cyclic
 * aliases, and whatever passes `SOURCE_LIMITS`. All problems come at once; those of YAML carry line and column.
 */
export function parseSource(text: string, format: SourceFormat): ParsedSource {
  if (format === "json") return parseJsonText(text);
  const { trees, problems } = parseYaml(text, 1);
  return { tree: trees[0], problems };
}

/** As `parseSource` for YAML, with an optional second document: an inline start body has `{inputs, …}` there (section 20). */
export function parseDocuments(text: string): ParsedDocuments {
  return parseYaml(text, 2);
}

function parseYaml(text: string, atMost: number): ParsedDocuments {
  const locate = new Locator({ root: { kind: "scalar", value: null }, text });
  const refuse = (offset: number, message: string): ParsedDocuments => ({
    trees: [],
    problems: [{ path: "", ...locate.at(offset), message }],
  });
  if (utf8Length(text) > SOURCE_LIMITS.bytes)
    return refuse(0, `the file is larger than ${SOURCE_LIMITS.bytes / 1024} KiB`);
  const scan = scanYaml(text);
  if (!scan.ok) return refuse(scan.problem.offset, scan.problem.message);

  const composer = new Composer({
    uniqueKeys: false,
    schema: "core",
    version: "1.2",
    merge: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  const documents = [...composer.compose(scan.tokens, true, text.length)];
  const problems: Problem[] = scan.refused.map(({ offset, message }) => ({ path: "", ...locate.at(offset), message }));
  problems.push(...syntaxProblems(documents, locate, scan.refused.length > 0));
  if (problems.length > scan.refused.length) return { trees: [], problems: problems.slice(0, SOURCE_LIMITS.problems) };

  const surplus = documents[atMost];
  if (surplus !== undefined) {
    const most = atMost === 1 ? "one document" : `${atMost} documents`;
    problems.push({
      path: "",
      ...locate.at(surplus.range?.[0]),
      message: `the file must hold ${most}, it holds ${documents.length}`,
    });
  }
  const trees: SourceTree[] = [];
  for (const document of documents.slice(0, atMost)) {
    const builder = new TreeBuilder(locate);
    try {
      trees.push({ root: builder.build(document), text });
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error;
      return refuse(document.range?.[0] ?? 0, `the file is too large: ${error.message}`);
    }
    problems.push(...builder.problems);
  }
  return { trees, problems };
}

/** What the YAML library found wrong. A refused tag is already reported, so its own complaint about it is left out. */
function syntaxProblems(documents: readonly Document[], locate: Locator, tagsReported: boolean): Problem[] {
  const problems: Problem[] = [];
  for (const document of documents) {
    for (const error of document.errors) {
      if (tagsReported && error.code === "TAG_RESOLVE_FAILED") continue;
      problems.push({
        path: "",
        ...locate.at(error.pos[0]),
        message: briefly(`not valid YAML: ${firstLower(error.message)}`),
      });
    }
  }
  return problems;
}

function firstLower(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
