import { endUserName } from "./end-user-name.ts";

/** Nobody but a link has made it, as far as its name says. */
export function isMadeByLink({ endUser, name }: { endUser: string | null; name: string }): boolean {
  if (endUser === null) return false;
  // The release before cut long names off, and rows keep theirs.
  return name === endUserName(endUser) || name === `end user ${endUser}`.slice(0, 100);
}
