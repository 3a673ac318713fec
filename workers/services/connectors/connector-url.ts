import type { VersionName } from "./version-row.ts";

export function connectorUrl({ namespace, name, version }: VersionName): string {
  return `/connectors/${[namespace, name, version].map(encodeURIComponent).join("/")}`;
}
