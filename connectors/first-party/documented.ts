import type { ActionExample, ConnectorManifest } from "../manifest/manifest.ts";
import { readmeText } from "../manifest/readme-text.ts";
import { FIRST_PARTY } from "./all-connectors.ts";
import { ENTRIES } from "./entries/all-entries.ts";
import { readmeOf } from "./entries/readme-of.ts";

function documented(manifest: ConnectorManifest): ConnectorManifest {
  const entry = ENTRIES[manifest.name];
  if (entry === undefined) return manifest;
  const examplesOf = (name: string): ActionExample[] =>
    entry.examples
      .filter(({ action }) => action === name)
      .map(({ title, input, output }) => ({ title, input, output }));
  return {
    ...manifest,
    visibility: "public",
    readme: readmeText(readmeOf(manifest, entry)),
    actions: manifest.actions.map((action) => ({ ...action, examples: examplesOf(action.name) })),
  };
}

/** The first-party connectors as the registry shows them: with their documentation and an example of every action. */
export const DOCUMENTED_FIRST_PARTY: readonly ConnectorManifest[] = FIRST_PARTY.map(documented);
