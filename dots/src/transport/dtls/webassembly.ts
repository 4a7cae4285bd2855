/** The parts of the global `WebAssembly` used here, which the types of Node.js omit. */
export interface CompiledModule {
  readonly compiled: unique symbol;
}

export interface LinearMemory {
  readonly buffer: ArrayBuffer;
}

type Imports = Readonly<Record<string, Readonly<Record<string, (...values: never[]) => number | void>>>>;

interface Platform {
  compile(bytes: Uint8Array): Promise<CompiledModule>;
  Instance: new (module: CompiledModule, imports: Imports) => { readonly exports: unknown };
}

const platform = (globalThis as unknown as { WebAssembly: Platform }).WebAssembly;

/** Compiles a module; rejects with an error of the engine if the bytes are not one. */
export function compile(bytes: Uint8Array): Promise<CompiledModule> {
  return platform.compile(bytes);
}

/** Makes an instance, with its own memory, and returns its exports. */
export function instantiate(module: CompiledModule, imports: Imports): unknown {
  return new platform.Instance(module, imports).exports;
}
