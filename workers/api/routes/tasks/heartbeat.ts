import { heartbeatBody } from "../../../../contracts/api/tasks.ts";
import { taskDoor } from "./task-door.ts";

export const heartbeatTask = taskDoor({
  verb: "heartbeat",
  summary: "Say that a task is still being worked on",
  schema: heartbeatBody,
  reportOf: () => ({ kind: "heartbeat" }),
});
