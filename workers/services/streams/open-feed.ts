import { success, type Result } from "../../../contracts/errors.ts";
import type { FeedFilter } from "../../../contracts/webhooks-rpc.ts";
import type { Context } from "../context.ts";
import { badCursor, decodeCursor, encodeCursor } from "../cursor.ts";
import { unknownExecution } from "../executions/get.ts";
import { onFeed } from "../object-calls.ts";

export interface FeedWishes {
  /** A cursor; absent: from now on. */
  after: string | undefined;
  types: readonly string[] | undefined;
  /** What its token is for besides; null: any. */
  grantedTypes: readonly string[] | null;
  workflow: string | undefined;
  executionId: string | undefined;
}

export interface OpenedFeed {
  filter: FeedFilter;
  position: number;
}

/** A position as clients see it. */
export function feedCursor(position: number): string {
  return encodeCursor([String(position)]);
}

/** Where the tenant's stream begins for a reader: the cells know by now that there is one. */
export async function openFeed(context: Context, wishes: FeedWishes): Promise<Result<OpenedFeed>> {
  const { ports, caller } = context;
  const { after, types, grantedTypes, workflow, executionId } = wishes;
  if (executionId !== undefined && ports.placement.locate(caller, executionId) === null) return unknownExecution();
  const [text] = after === undefined ? [] : (decodeCursor(after, 1) ?? [""]);
  if (text !== undefined && !/^\d{1,15}$/.test(text)) return badCursor("after");
  const newest = await onFeed(ports, caller, (feed) => feed.wantFeed());
  const lists = [types, grantedTypes].flatMap((list) => (list ? [[...list]] : []));
  const filter: FeedFilter = {
    ...(lists.length === 0 ? {} : { types: lists }),
    ...(workflow === undefined ? {} : { workflow }),
    ...(executionId === undefined ? {} : { executionId }),
  };
  return success({ filter, position: text === undefined ? newest : Number(text) });
}
