import type { CellLink } from "../../durable-objects/tenant/exchange-ports.ts";

/** A cell that has no leases. */
export const NO_LEASES: Pick<CellLink, "reportLease" | "leasesChanged"> = {
  reportLease: async () => null,
  leasesChanged: async () => undefined,
};
