/** What workerd says of a method that whoever was asked does not have. */
const NO_METHOD = "The RPC receiver does not implement the method";

/**
 * Whether a call failed because the Worker or object that was asked is of a release without the method: nothing was done. `method`: which
 * one, where whoever was asked may have met another on its way.
 */
export function lacksMethod(error: unknown, method?: string): boolean {
  return (
    error instanceof Error && error.message.includes(method === undefined ? NO_METHOD : `${NO_METHOD} "${method}"`)
  );
}
