import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** An example of a document: its text, and an id that says where it stands. */
export interface CodeBlock {
  /** `file:n`, counting the file's YAML and JSON blocks from 1. */
  id: string;
  language: "yaml" | "json";
  text: string;
}

const SHARED = process.env.OUTSIDE_SHARED ?? join(import.meta.dirname, "../../../shared");

/** The text of a file beside the checkout, or null when it is not there. */
export function sharedText(path: string): string | null {
  const file = join(SHARED, path);
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}

/** Fenced YAML and JSON blocks; in a document that lost its fences, the JSON maps that stand on lines of their own. */
export function codeBlocks(name: string, markdown: string): CodeBlock[] {
  const lines = markdown.split(/\r?\n/);
  const fenced = lines.some((line) => line.trimStart().startsWith("```"));
  const found = fenced ? fencedBlocks(lines) : looseMaps(lines);
  return found.map(({ language, text }, at) => ({ id: `${name}:${at + 1}`, language, text }));
}

type Found = Pick<CodeBlock, "language" | "text">;

function fencedBlocks(lines: readonly string[]): Found[] {
  const found: Found[] = [];
  let open: { language: string; text: string[] } | null = null;
  for (const line of lines) {
    const fence = /^\s*```(\w*)\s*$/.exec(line);
    if (fence === null) open?.text.push(line);
    else if (open === null) open = { language: fence[1] ?? "", text: [] };
    else {
      const { language, text } = open;
      if (language === "yaml" || language === "json") found.push({ language, text: `${text.join("\n")}\n` });
      open = null;
    }
  }
  return found;
}

function looseMaps(lines: readonly string[]): Found[] {
  const found: Found[] = [];
  let open: string[] | null = null;
  for (const line of lines) {
    if (open === null && line === "{") open = [];
    open?.push(line);
    const text = open?.join("\n") ?? "";
    if (open !== null && text.split("{").length === text.split("}").length) {
      found.push({ language: "json", text });
      open = null;
    }
  }
  return found;
}

const ROUTE = /`((?:GET|POST|PUT|PATCH|DELETE)(?:\|(?:GET|POST|PUT|PATCH|DELETE))*)\s+([^`]+)`/g;

/** `POST …/{id}/verb` with one of these is an execution's, wherever it stands. */
const EXECUTION_VERBS = /^…\/?\S*\/?(events|resume|shutdown|messages|approvals)\b/;

/**
 * Every `METHOD /path` of a document's inline code. `…` stands for the list that the paragraph's last whole path names;
 * names after ` | ` stand for that path's last segment.
 */
export function routesOf(markdown: string): string[] {
  const routes = new Set<string>();
  let base = "";
  for (const [, methods = "", rest = ""] of markdown.matchAll(ROUTE)) {
    const [first = "", ...others] = rest
      .replaceAll(/\s+/g, " ")
      .replaceAll(/\([^)]*\)/g, "")
      .split(" | ");
    const list = EXECUTION_VERBS.test(first) ? "/workflows/executions" : base;
    const whole = pathOf(first).replace("…/{id}", `${list}/{id}`).replace("…", `${list}/{id}`);
    if (!whole.startsWith("/") || whole.startsWith("/{id}")) continue;
    if (!first.startsWith("…")) base = whole.split("/{")[0] ?? whole;
    const folder = whole.slice(0, whole.lastIndexOf("/"));
    for (const method of methods.split("|")) {
      for (const path of [whole, ...others.map((other) => `${folder}/${pathOf(other)}`)]) {
        for (const alternative of alternatives(path)) routes.add(`${method} ${alternative}`);
      }
    }
  }
  return [...routes];
}

/** Up to the query, the body or the answer that stands behind a path. */
function pathOf(text: string): string {
  return text.trim().split(/[ ?]/)[0] ?? "";
}

/** `/a[/b]` is `/a` and `/a/b`; `/x/c|d` is `/x/c` and `/x/d`. */
function alternatives(path: string): string[] {
  const optional = /^(.*)\[(.*)\]$/.exec(path);
  if (optional !== null) return [optional[1] ?? "", `${optional[1]}${optional[2]}`];
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  return path
    .slice(folder.length)
    .split("|")
    .map((name) => folder + name);
}
