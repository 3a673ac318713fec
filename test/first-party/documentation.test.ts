import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DOCUMENTED_FIRST_PARTY } from "../../connectors/first-party/documented.ts";
import { connectorFile } from "../../connectors/manifest/connector-file.ts";
import { readConnectorValue } from "../../connectors/manifest/read-connector.ts";

const FOLDER = join(import.meta.dirname, "../../docs/connectors");

/** The list of connectors, from their manifests. */
function list(): string {
  const sections = DOCUMENTED_FIRST_PARTY.map(
    ({ namespace, name, version, displayName, description, auth, actions }) => {
      const connection = auth === undefined ? "no connection" : `a connection of type ${auth.type}`;
      const rows = actions.map(
        (action) => `| \`${action.name}\` | ${(action.description ?? "").replaceAll("|", "\\|")} |`,
      );
      return [
        `## [${displayName}](${name}.md)`,
        `\`${namespace}/${name}\` ${version}, ${connection}. ${description}.`,
        ["| action | what it does |", "|---|---|", ...rows].join("\n"),
      ].join("\n\n");
    },
  );
  const intro =
    "Installed for everybody. Made from the manifests in `connectors/first-party/` by `UPDATE_DOCUMENTS=1 npm test -- test/first-party/documentation`; every example is carried out by `test/first-party/`.";
  return `${["# The connectors that the platform brings", intro, ...sections].join("\n\n")}\n`;
}

const PAGES = [
  { path: "README.md", text: list() },
  ...DOCUMENTED_FIRST_PARTY.map(({ name, readme = "" }) => ({ path: `${name}.md`, text: readme })),
];

test.for(PAGES)("docs/connectors/$path says what the manifests say", ({ path, text }) => {
  const place = join(FOLDER, path);
  if (process.env.UPDATE_DOCUMENTS === "1") writeFileSync(place, text);
  expect(readFileSync(place, "utf8")).toBe(text);
});

// `http` takes parts of its handler from its input, which a file may not say.
test.for(DOCUMENTED_FIRST_PARTY.filter(({ name }) => name !== "http"))(
  "$name, with its documentation, is a file that could be published",
  (manifest) => {
    const { manifest: read, problems } = readConnectorValue(connectorFile(manifest));
    expect(problems).toEqual([]);
    expect(read).toEqual(JSON.parse(JSON.stringify(manifest)));
    expect(manifest.readme?.length).toBeLessThan(65_536);
  },
);
