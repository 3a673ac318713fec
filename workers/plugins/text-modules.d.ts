/** A file that the bundler puts into the Worker as its text. */
declare module "*.txt" {
  const text: string;
  export default text;
}
