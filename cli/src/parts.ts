import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';

type Require = (name: string) => unknown;
type Body = (exports: object, require: Require, module: { exports: object }, file: string, folder: string) => void;

/** Compiled code by the names of parts, in the form of V8, which uses it only in the version that made it. */
export type CompiledCode = ReadonlyMap<string, Buffer>;

/**
 * The files that a bundled program consists of. The loader of Node.js cannot start from compiled code before version
 * 22; this one can, and it looks nowhere else for a part.
 */
export class Parts {
  private readonly scripts = new Map<string, Script>();
  private readonly modules = new Map<string, { exports: object }>();
  private readonly fromNode: Require;

  constructor(
    private readonly folder: string,
    private readonly known: CompiledCode,
  ) {
    this.fromNode = createRequire(join(folder, 'cli.js'));
  }

  /** Runs a part at the first call; returns its exports. */
  load(name: string): object {
    const loaded = this.modules.get(name);
    if (loaded !== undefined) return loaded.exports;
    const file = join(this.folder, name);
    const module = { exports: {} };
    this.modules.set(name, module);
    const body = this.scriptOf(name, file).runInThisContext() as Body;
    body(module.exports, this.require, module, file, this.folder);
    return module.exports;
  }

  /** Whether a part had to be compiled from its text. */
  get areNew(): boolean {
    return [...this.scripts].some(([name, { cachedDataRejected }]) => !this.known.has(name) || cachedDataRejected);
  }

  /** The code of all parts so far: of those that ran, with what was compiled since. */
  compiled(): CompiledCode {
    return new Map([
      ...this.known,
      ...[...this.scripts].map(([name, script]) => [name, script.createCachedData()] as const),
    ]);
  }

  private readonly require: Require = (name) => {
    if (!name.startsWith('./')) return this.fromNode(name);
    return name.endsWith('.json') ? this.json(name) : this.load(name.slice(2));
  };

  private json(name: string): unknown {
    return JSON.parse(readFileSync(join(this.folder, name), 'utf8'));
  }

  private scriptOf(name: string, filename: string): Script {
    const text = readFileSync(filename, 'utf8');
    const cachedData = this.known.get(name);
    const script = new Script(`(function(exports,require,module,__filename,__dirname){${text}\n})`, {
      filename,
      cachedData,
    });
    this.scripts.set(name, script);
    return script;
  }
}
