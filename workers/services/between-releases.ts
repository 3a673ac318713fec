import { lacksMethod } from "../../contracts/lacks-method.ts";
import { NEWER_DATA } from "../../contracts/newer-data.ts";
import { ObjectUnavailable } from "./object-calls.ts";

/**
 * Why an object of another release than this Worker's did not answer: it is older than what is stored, or than what it is asked. Both
 * pass by themselves, when the same release runs everywhere.
 */
export function betweenReleases(error: unknown): "newer_data" | "other_release" | undefined {
  if (!(error instanceof Error)) return undefined;
  // An object that cannot be made is an object that cannot be reached.
  if (error instanceof ObjectUnavailable) return betweenReleases(error.cause);
  if (error.message.includes(NEWER_DATA)) return "newer_data";
  return lacksMethod(error) ? "other_release" : undefined;
}
