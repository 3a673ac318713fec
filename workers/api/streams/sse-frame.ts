/** One event as Server-Sent Events write it. `json` has no line breaks: it was made by JSON.stringify. */
export function sseFrame(id: string | number, type: string, json: string): string {
  return `id: ${id}\nevent: ${type}\ndata: ${json}\n\n`;
}
