import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import type { Scope } from "../../../contracts/scopes.ts";
import type { Ports } from "../../services/context.ts";
import { verifyKey } from "../../services/keys/verify.ts";
import type { Access } from "./access.ts";

const KEY_TEXT = /sk_(live|test)_/;
const KEY_MEMBERS = ["api_key", "apikey", "access_token"];

/** A key in a URL ends up in logs and histories: refused, so that nobody gets used to it. */
export function keyInQuery(search: URLSearchParams): Failure | null {
  for (const [name, value] of search) {
    if (KEY_TEXT.test(value) || KEY_TEXT.test(name) || KEY_MEMBERS.includes(name.toLowerCase())) {
      const shown = KEY_TEXT.test(name) ? "" : name.slice(0, 100);
      return failure(
        "VALIDATION",
        "A key must not stand in a URL. Send it as `Authorization: Bearer <key>`, and revoke this one: URLs are logged.",
        {
          problems: [{ path: `/${shown}`, message: "A key must not stand in a URL." }],
          field: shown,
        },
      );
    }
  }
  return null;
}

/** Who asks, by the Authorization header, and whether that key may do this. `address`: where from, as the edge saw it. */
export async function authenticate(
  ports: Ports,
  header: string | undefined,
  scope: Scope,
  address: string | undefined,
): Promise<Result<Access>> {
  const key = header === undefined ? undefined : /^Bearer +(\S+) *$/i.exec(header)?.[1];
  if (key === undefined) return failure("UNAUTHENTICATED", "Send an API key as `Authorization: Bearer <key>`.");
  const caller = await verifyKey(ports, key, address);
  if (!caller.ok) return caller;
  if (!caller.value.scopes.includes(scope))
    return failure("FORBIDDEN", `This key lacks the scope ${scope}.`, { scope });
  return success({
    caller: caller.value,
    grant: null,
    holds: async () => (await verifyKey(ports, key)).ok,
  });
}
