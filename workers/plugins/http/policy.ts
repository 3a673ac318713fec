import type { InvokeDeps } from "../../../connectors/invoke.ts";
import type { PolicyEnv } from "./env.ts";

/** The egress rules of this deployment. Host names of development count in development alone, whatever is configured. */
export function policyOf(env: PolicyEnv): InvokeDeps["policy"] {
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
    if (typeof target === "string" && /^127\.0\.0\.1:\d{1,5}$/.test(target)) hosts[name.toLowerCase()] = target;
  }
  return hosts;
}
