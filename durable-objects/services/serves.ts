import type { ServiceInstance } from "../../contracts/services-rpc.ts";

/**
 * Whether an instance of a version may take a call that was pinned to another: of the same major version (of the same minor
 * one below 1.0.0), and not older. So new instances come up before the workflows that name them, and old ones never get a
 * call that they do not know.
 */
export function serves(
  instance: Pick<ServiceInstance, "connector" | "version" | "actions">,
  version: string,
  action: string,
): boolean {
  if (instance.actions.length > 0 && !instance.actions.some((named) => means(named, instance.connector, action)))
    return false;
  if (instance.version === version) return true;
  const [has, wants] = [numbersOf(instance.version), numbersOf(version)];
  if (has === undefined || wants === undefined || has[0] !== wants[0]) return false;
  if (has[0] === 0 && has[1] !== wants[1]) return false;
  return has[1] > wants[1] || (has[1] === wants[1] && has[2] >= wants[2]);
}

/** An action is registered as `name` or `slug.name`. Names hold dots, so what a slug is only the asked name can say. */
function means(named: string, connector: string, action: string): boolean {
  if (named === action) return true;
  if (!named.endsWith(`.${action}`)) return false;
  const slug = named.slice(0, -action.length - 1).replace("--", "/");
  return slug === connector || slug === connector.slice(connector.indexOf("/") + 1);
}

/** Of a release; a version before one serves its own calls alone. */
function numbersOf(version: string): [number, number, number] | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)(?:\+.*)?$/.exec(version);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : undefined;
}
