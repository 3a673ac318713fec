/** Where an accepted execution can be followed. Paths, so that they hold under any base URL. */
export function executionLinks(executionId: string) {
  const base = `/workflows/executions/${executionId}`;
  return { poll_url: base, stream_url: `${base}/stream`, cancel_url: `${base}/cancel` };
}
