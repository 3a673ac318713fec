import type { EgressPolicy } from "./egress.ts";

/** What a deployment says about where its calls may go. */
export interface DeploymentEgress {
  ENVIRONMENT_NAME: "development" | "staging" | "production";
  /** Development only: JSON map of host names to local services. */
  DEVELOPMENT_HOSTS?: string | undefined;
  PUBLIC_URL?: string | undefined;
}

/** The egress rules of a deployment. Host names of development count in development alone, whatever is configured. */
export function deploymentPolicy(env: DeploymentEgress): EgressPolicy {
  const ownHosts =
    env.PUBLIC_URL !== undefined && URL.canParse(env.PUBLIC_URL) ? [new URL(env.PUBLIC_URL).hostname] : [];
  if (env.ENVIRONMENT_NAME !== "development" || !env.DEVELOPMENT_HOSTS) return { ownHosts };
  return { ownHosts, developmentHosts: readHosts(env.DEVELOPMENT_HOSTS) };
}

function readHosts(text: string): Record<string, string> {
  const hosts: Record<string, string> = {};
  const written: unknown = JSON.parse(text);
  if (typeof written !== "object" || written === null) return hosts;
  for (const [name, target] of Object.entries(written)) {
    if (typeof target === "string" && /^(?:https:\/\/)?127\.0\.0\.1:\d{1,5}$/.test(target))
      hosts[name.toLowerCase()] = target;
  }
  return hosts;
}
