import type { ObjectStorage } from "../coordinator/cell-storage.ts";
import { ObjectSql } from "../object-sql.ts";
import { TENANT_MIGRATIONS } from "./migrations.ts";

export type { Row } from "../object-sql.ts";

/** A tenant object's tables. */
export class TenantSql extends ObjectSql {
  constructor(storage: ObjectStorage) {
    super(storage, TENANT_MIGRATIONS);
  }
}
