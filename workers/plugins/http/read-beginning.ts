/** The first bytes of an answer as text; the rest is not read. */
export async function readBeginning(response: Response, most: number): Promise<{ text: string; truncated: boolean }> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let left = most;
  for (;;) {
    const part = await reader?.read();
    if (part?.value === undefined) return { text: text + decoder.decode(), truncated: false };
    text += decoder.decode(part.value.subarray(0, left), { stream: true });
    left -= part.value.byteLength;
    if (left >= 0) continue;
    await reader?.cancel();
    return { text, truncated: true };
  }
}
