import type { StreamCommand } from "../../../contracts/api/stream-commands.ts";
import { failure, type Failure } from "../../../contracts/errors.ts";
import type { Scope } from "../../../contracts/scopes.ts";
import type { Context } from "../context.ts";
import { durationMs } from "../executions/duration-ms.ts";
import { sendEvent } from "../executions/send-event.ts";
import { sendMessage } from "../executions/send-message.ts";
import { steerExecution } from "../executions/steer.ts";

const ACT: Scope = "executions:write";

/** A command that came over a stream: as the route of the same name would do it, under the same scope. */
export async function runStreamCommand(
  context: Context,
  executionId: string,
  command: Extract<StreamCommand, { type: "cancel" | "event" | "message" }>,
): Promise<Failure | undefined> {
  if (!context.caller.scopes.includes(ACT)) return failure("FORBIDDEN", `This needs the scope ${ACT}.`, { scope: ACT });
  switch (command.type) {
    case "cancel": {
      const { reason, compensate } = command;
      const after = await steerExecution(context, executionId, { type: "cancel", reason, compensate });
      return after.ok ? undefined : after;
    }
    case "event": {
      const { name, payload = null, channel } = command;
      return sendEvent(context, executionId, { name, payload, channel });
    }
    case "message": {
      const { node, payload = null, timeout } = command;
      const waitMs = timeout === undefined ? undefined : durationMs(timeout);
      return sendMessage(context, executionId, { node, payload, waitMs });
    }
    default:
      command satisfies never;
      return undefined;
  }
}
