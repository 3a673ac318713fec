/** What QuickJS throws at its limits. */
declare const InternalError: ErrorConstructor;
