/** Who may read a secret or an env value (section 9). A list that is left out leaves everybody in. */
export interface SettingScope {
  /** `namespace/name`, `namespace/name@1.2` or `namespace/*`. */
  connectors?: string[];
  /** Slugs of published workflows, or `slug@1.2`. */
  workflows?: string[];
}

/** Who reads one. What is absent is in no list. */
export interface SettingReader {
  /** `namespace/name@version` of the connector whose call needs it. */
  connector?: string;
  /** `slug@version` of the published workflow that runs; absent for a definition that came with its start. */
  workflow?: string;
}

export type SettingKind = "secret" | "env";

/** A secret or env value was read: once an hour for each reader. */
export interface SettingUse {
  seq: number;
  kind: SettingKind;
  name: string;
  /** Without their versions; empty where there is none. */
  connector: string;
  workflow: string;
  /** Hours since the epoch. */
  hour: number;
  /** The first time in that hour, epoch ms. */
  at: number;
}

/** True where the scope lets the reader read. */
export function isInScope(scope: SettingScope | null, { connector, workflow }: SettingReader): boolean {
  if (scope === null) return true;
  return isListed(scope.connectors, connector) && isListed(scope.workflows, workflow);
}

/** A reference without its version. */
export function withoutVersion(reference: string): string {
  return reference.split("@", 1)[0] ?? reference;
}

function isListed(list: readonly string[] | undefined, reader: string | undefined): boolean {
  if (list === undefined) return true;
  if (reader === undefined) return false;
  const name = withoutVersion(reader);
  const version = reader.slice(name.length + 1);
  return list.some((entry) => {
    const wanted = withoutVersion(entry);
    const same = wanted.endsWith("/*") ? name.startsWith(wanted.slice(0, -1)) : name === wanted;
    const range = entry.slice(wanted.length + 1);
    return same && (range === "" || version === range || version.startsWith(`${range}.`));
  });
}

/** What the tenant's object knows of a setting. */
export interface SettingState {
  /** Epoch ms, to about a minute; absent where nobody ever read it. */
  lastUsedAt?: number;
  /** When the row was written of which it has a copy; absent where it has none. */
  copyOf?: number;
}
