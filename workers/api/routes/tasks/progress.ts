import { progressTaskBody } from "../../../../contracts/api/tasks.ts";
import { taskDoor } from "./task-door.ts";

export const progressTask = taskDoor({
  verb: "progress",
  summary: "Say how far a task is",
  schema: progressTaskBody,
  reportOf: ({ percent, message }) => ({ kind: "progress", percent, message }),
});
