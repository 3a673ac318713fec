/** A file that the bundler puts into the Worker as its text. */
declare module "*.txt" {
  const text: string;
  export default text;
}

/** A WebAssembly module that the bundler hands to the runtime, which compiles it. */
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
