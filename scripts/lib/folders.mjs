import { posix } from 'node:path';
import { manifest } from './paths.mjs';

/** A folder without sockets, files, timers, clock or randomness of its own, which also runs in a browser. */
const pure = (imports, packages = []) => ({ imports, packages, pure: true });

/** A folder that may use the modules of Node.js. */
const node = (imports, packages = []) => ({ imports, packages: ['node', ...packages] });

/** Folders below a path, by their path below it, which is also their name. */
const below = (base, rules, prefix = '') =>
  Object.entries(rules).map(([path, each]) => ({
    name: prefix + path.replace(/\/\*\*$/, ''),
    path: `${base}/${path}`,
    ...each,
  }));

const asn1 = ['@peculiar/asn1-schema', '@peculiar/asn1-x509'];
const core = ['workspace/**', 'flowspec/**', 'check/**', 'cbor', 'words', 'model'];
const secured = ['transport', 'transport/certificates', 'coap/messages', 'runtime', 'model'];
const protocol = ['transport/**', 'coap/**', 'check/**', 'cbor', 'words', 'runtime', 'model'];
const dots = [
  ...core,
  ...protocol,
  'discovery',
  'sessionSocket',
  'signal/**',
  'data',
  'dotsClient',
  'dotsServer/**',
  'world',
  'orchestrator',
];

/**
 * The folders of the source tree and what each may import besides itself, the lower ones first.
 *
 * - `path`: the files directly in a folder; with `/**`, those of the folders below it too; or one file.
 * - `imports`: names of folders; `flowspec/**` means `flowspec` and the folders below it.
 * - `packages`: the packages that it may import, `node` for the modules of Node.js; absent where any will do.
 * - `lazy`: loaded on first use; everything beside it may load it by `import()` through a `#lazy/` alias.
 */
const table = [
  { name: 'schemas', path: 'schemas/**', ...pure([]) },
  { name: 'schemas/yang', path: 'schemas/yang', ...node(['schemas']) },
  { name: 'schemas/generate', path: 'schemas/generate.ts', ...node(['schemas', 'schemas/yang']) },
  ...below('dots/src', {
    model: pure(['schemas']),
    runtime: node(['model']),
    words: pure(['model']),
    'check/rules': pure(['model']),
    check: pure(['check/rules', 'model']),
    cbor: pure(['model', 'schemas']),
    workspace: pure(['check/**', 'model', 'schemas']),
    'workspace/policy': pure(['workspace', 'check', 'model', 'schemas']),
    'workspace/rules': pure(['workspace', 'check/**', 'model']),
    'flowspec/bgp': pure(['model']),
    'flowspec/packets': pure(['flowspec/bgp', 'model']),
    'flowspec/order': pure(['flowspec/packets', 'flowspec/bgp', 'model']),
    'flowspec/documents': pure(['flowspec/packets', 'flowspec/bgp', 'model']),
    'flowspec/renderings': pure(['flowspec/bgp', 'model']),
    flowspec: pure(['flowspec/**', 'check/**', 'model']),
    world: pure(['flowspec/packets', 'flowspec/bgp', 'model']),
    'coap/messages': node(['runtime', 'model']),
    coap: node(['coap/messages', 'cbor', 'runtime', 'model']),
    'transport/certificates': node(['runtime', 'model'], asn1),
    transport: node(['transport/certificates', 'coap/messages', 'runtime', 'model']),
    'transport/dtls': node(secured, asn1),
    'transport/tls': node(secured, asn1),
    'transport/connect': node(['transport/dtls', 'transport/tls', ...secured]),
    signal: node(protocol),
    'signal/keeper': node(['signal', ...protocol]),
    data: node(protocol, ['undici']),
    dotsClient: node(['signal/**', 'data', ...protocol]),
    'dotsServer/state': node(['check/**', 'cbor', 'words', 'runtime', 'model']),
    'dotsServer/signal/**': node(['dotsServer/state', ...protocol]),
    'dotsServer/data': node(['dotsServer/state', ...protocol]),
    'dotsServer/listeners': node(['dotsServer/data', 'dotsServer/signal', 'dotsServer/state', ...protocol]),
    dotsServer: node(['dotsServer/**', ...protocol]),
    discovery: node(['model']),
    sessionSocket: node(['signal/**', ...protocol]),
    'orchestrator/policy': pure([
      'workspace/policy',
      'flowspec/renderings',
      'flowspec/packets',
      'flowspec/bgp',
      'words',
      'model',
    ]),
    'orchestrator/offload': pure(['world', 'model']),
    'orchestrator/dms': node([
      'orchestrator/offload',
      'dotsServer/**',
      'signal/**',
      'data',
      'world',
      'workspace/policy',
      ...protocol,
    ]),
    orchestrator: node([
      'orchestrator/dms',
      'orchestrator/offload',
      'orchestrator/policy',
      'dotsServer/**',
      'signal',
      'data',
      'flowspec/**',
      'world',
      'workspace/**',
      ...protocol,
    ]),
  }),
  { name: 'contract', path: 'server/src/contract.ts', ...pure(['workspace', 'model']) },
  ...below('server/src', {
    'languageService/knowledge': pure(core),
    'languageService/documents': pure(core, ['jsonc-parser']),
    'languageService/features': pure(['languageService/documents', 'languageService/knowledge', ...core, 'schemas']),
    languageService: pure(['languageService/**', ...core]),
    host: node(['languageService/**', ...core, 'runtime'], ['picomatch']),
    lsp: node(
      ['host', 'languageService/**', 'contract', ...core, 'runtime'],
      ['vscode-languageserver', 'vscode-languageserver-textdocument'],
    ),
  }),
  ...below(
    'client/src',
    {
      ui: editor([]),
      editor: editor(['client/ui'], ['jsonc-parser']),
      orchestrator: editor(['client/editor', 'client/ui']),
      sessions: editor(['client/orchestrator', 'client/editor', 'client/ui']),
      flowspec: editor(['client/sessions', 'client/orchestrator', 'client/editor', 'client/ui']),
      commands: editor(['client/flowspec', 'client/sessions', 'client/orchestrator', 'client/editor', 'client/ui']),
      bundles: { ...editor(['client/**'], ['vscode-languageclient']), lazy: true },
    },
    'client/',
  ),
  { name: 'client', path: 'client/src', ...editor(['client/**']) },
  { name: 'cli', path: 'cli/src/**', ...node(['host', 'languageService/**', ...dots], ['picomatch']) },
  { name: 'scripts/lib', path: 'scripts/lib/**', imports: [] },
  { name: 'mbedtls', path: 'dots/mbedtls/**', imports: ['scripts/lib'] },
  { name: 'scripts', path: 'scripts/**', imports: ['scripts/lib', 'mbedtls'] },
  { name: 'test', path: 'test/**', imports: ['**'] },
];

/** A folder of the extension. */
function editor(imports, packages = []) {
  return node([...imports, 'contract', ...dots], ['vscode', ...packages]);
}

const named = (pattern) => {
  const parent = pattern.replace(/\/?\*\*$/, '');
  const names = table.map(({ name }) => name);
  return parent === pattern ? [pattern] : names.filter((name) => `${name}/`.startsWith(parent && `${parent}/`));
};

/** The folders of the source tree, each with the names of all that it may import. */
export const folders = table.map((folder) => ({
  ...folder,
  imports: [...new Set(folder.imports.flatMap(named))].filter((name) => name !== folder.name),
}));

/** The folder that a path below the root belongs to, the narrowest one; undefined where it belongs to none. */
export function folderOf(path) {
  const fits = (pattern) =>
    pattern.endsWith('/**')
      ? path.startsWith(pattern.slice(0, -'**'.length))
      : path === pattern || posix.dirname(path) === pattern;
  return folders.filter((each) => fits(each.path)).sort((a, b) => b.path.length - a.path.length)[0];
}

/**
 * The aliases of imports and where each leads. They are written in package.json ("imports"), where Node.js, TypeScript,
 * tsx and esbuild read them.
 */
export const aliases = Object.entries(manifest.imports).map(([name, target]) => ({
  name: name.replace('*', ''),
  path: target.replace('./', '').replace(/\*?\.ts$/, ''),
  isPrefix: name.endsWith('*'),
}));
