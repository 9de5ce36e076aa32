/**
 * Location of a file that the build puts beside this module in `dist`: `pixels.wasm`, and the worker's script, which
 * Node 20 can only load as JavaScript. Works from `dist` and from the TypeScript source that a test runner loads.
 */
export function builtUrl(name: string): URL {
  const fromSource = import.meta.url.endsWith('.ts');
  return new URL(fromSource ? `../../../dist/compositor/kernel/engine/${name}` : name, import.meta.url);
}
