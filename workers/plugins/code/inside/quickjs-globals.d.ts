/** What QuickJS throws at its limits. */
declare class InternalError extends Error {
  private readonly limit: true;
}
