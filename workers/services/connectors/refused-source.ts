import { readConnector } from "../../../connectors/manifest/read-connector.ts";
import type { Failure } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { SourceFormat } from "../../../engine/source/parse.ts";
import { DEFAULT_NAMESPACE } from "./namespaces.ts";

/**
 * Why a file that was published once cannot be published again as it is, and what to do; null where it can. Earlier releases took what this one does not, such as
 * secrets that are not declared.
 */
export function refusedSource(slug: string, text: string, format: SourceFormat): Failure | null {
  const { problems } = readConnector(text, format, { namespace: DEFAULT_NAMESPACE });
  const [first, ...others] = problems;
  if (first === undefined) return null;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  const at = first.line === undefined ? first.path : `line ${first.line}`;
  const message = `The file of "${slug}" was published when less was asked of one, and cannot be published again as it is: ${at}: ${first.message}${more}. Change that in the file and publish it as a higher version, by PUT /plugins/${slug}: it gets the server's tools of then. What is published goes on as it is.`;
  return validationFailure(problems, message);
}
