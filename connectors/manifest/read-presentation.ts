import type { BlockReader } from "../../engine/definition/block-reader.ts";
import { isObject } from "../../engine/json.ts";
import { iconProblem } from "./icon-problem.ts";
import { type ActionExample, type ConnectorManifest, VISIBILITIES } from "./manifest.ts";
import { MOST_README_CHARACTERS, readmeText } from "./readme-text.ts";

/** How a connector presents itself in the registry: its readme, its icon, and to whom. */
export function readPresentation(block: BlockReader): Pick<ConnectorManifest, "readme" | "icon" | "visibility"> {
  return { readme: readReadme(block), icon: readIcon(block), visibility: block.oneOf(["visibility"], VISIBILITIES) };
}

function readReadme(block: BlockReader): string | undefined {
  const member = block.member(["readme", "documentation"]);
  const written = block.text(["readme", "documentation"]);
  if (member === undefined || written === undefined) return undefined;
  if (written.length <= MOST_README_CHARACTERS) return readmeText(written);
  block.context.refuse(member, `a readme must not be longer than ${MOST_README_CHARACTERS} characters`);
  return undefined;
}

function readIcon(block: BlockReader): string | undefined {
  const member = block.member(["icon"]);
  const icon = block.text(["icon"]);
  const problem = icon === undefined ? undefined : iconProblem(icon);
  if (member === undefined || problem === undefined) return icon;
  block.context.refuse(member, problem);
  return undefined;
}

/** Examples of an action: maps with an `input`, and what there is to say of it. */
export function readExamples(block: BlockReader, owner: string): ActionExample[] | undefined {
  const member = block.member(["examples"]);
  const value = block.json(["examples"]);
  if (member === undefined || value === undefined || value === null) return undefined;
  const examples: ActionExample[] = [];
  for (const item of Array.isArray(value) ? value : [value]) {
    if (!isObject(item)) {
      block.context.refuse(member, `examples of ${owner} must be a list of maps such as {title, input, output}`);
      return undefined;
    }
    const title = item.title ?? item.name ?? item.description;
    examples.push({
      ...(typeof title === "string" ? { title } : {}),
      ...(item.input === undefined ? {} : { input: item.input }),
      ...(item.output === undefined ? {} : { output: item.output }),
    });
  }
  return examples;
}
