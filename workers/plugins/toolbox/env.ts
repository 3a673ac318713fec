/** Bindings of the toolbox plugin: none. What it computes depends on its input alone. */
export type Env = Record<string, never>;
