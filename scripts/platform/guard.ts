import { spawn } from "node:child_process";

/**
 * Ends this process group when this process is gone, whatever ended it: a shell waits on a pipe that only this process
 * holds open. Answers how to call it off.
 */
export function guardProcessGroup(): () => void {
  const guard = spawn("/bin/sh", ["-c", 'read -r _; kill -s KILL -- "-$1"', "guard", String(process.pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  guard.unref();
  return () => {
    guard.kill("SIGKILL");
  };
}
