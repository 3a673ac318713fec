/**
 * `SMARTIFY_HOSTS`: names of services on this machine, as `letters.test:8080=127.0.0.1:8700`, with commas between. Calls to a name go
 * there, in development alone.
 */
export function readHosts(text: string | undefined): Record<string, string> {
  const parts = (text ?? "").split(",").filter((part) => part.trim() !== "");
  return Object.fromEntries(
    parts.map((part) => {
      const match = /^\s*([\w.-]+(?::\d{1,5})?)=(127\.0\.0\.1:\d{1,5})\s*$/.exec(part);
      const [, name, target] = match ?? [];
      if (name === undefined || target === undefined)
        throw new Error(
          `SMARTIFY_HOSTS holds "${part.trim()}": it is name:port=127.0.0.1:port, such as letters.test:8080=127.0.0.1:8700`,
        );
      return [name.toLowerCase(), target];
    }),
  );
}
