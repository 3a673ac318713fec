/** Calls `look` until it holds; lists lag by two seconds on a quiet machine and longer on a busy one. */
export async function eventually(look: () => Promise<boolean>, seconds = 45): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await look()) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 200));
}
