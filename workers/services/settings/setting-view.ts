import { rotationNotes, type SecretView, settingScope } from "../../../contracts/api/settings.ts";

/** The columns that both kinds of settings have. */
export interface SettingRow {
  name: string;
  scope: string | null;
  rotation: string | null;
  rotatedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

const DAY_MS = 86_400_000;
const NOTIFY_DAYS = 7;

/** A secret or env value without its value. `lastUsed`: epoch ms. */
export function settingView(row: SettingRow, lastUsed: number | undefined, now: number): SecretView {
  const rotatedAt = row.rotatedAt ?? row.updatedAt;
  const rotation = row.rotation === null ? null : rotationNotes.parse(JSON.parse(row.rotation));
  return {
    name: row.name,
    scope: row.scope === null ? null : settingScope.parse(JSON.parse(row.scope)),
    rotation,
    rotation_state: rotation === null ? null : stateOf(rotation, rotatedAt.getTime(), now),
    rotated_at: rotatedAt.toISOString(),
    last_used_at: lastUsed === undefined ? null : new Date(lastUsed).toISOString(),
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

function stateOf(
  { interval, notify_before = NOTIFY_DAYS }: NonNullable<SecretView["rotation"]>,
  rotatedAt: number,
  now: number,
): NonNullable<SecretView["rotation_state"]> {
  const due = rotatedAt + interval * DAY_MS;
  if (now >= due) return "overdue";
  return now >= due - notify_before * DAY_MS ? "due_soon" : "current";
}
