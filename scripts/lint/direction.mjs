import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Where an import that starts with "#" leads (package.json "imports"). */
const aliases = [
  ['#lazy/commands', 'cli/src/run'],
  ['#lazy/validate', 'cli/src/commands/validate'],
  ['#lazy/send', 'cli/src/commands/send'],
  ['#lazy/install', 'cli/src/commands/install'],
  ['#lazy/', 'client/src/bundles/'],
  ['#dots/', 'dots/src/'],
  ['#service/', 'server/src/languageService/'],
  ['#host/', 'server/src/host/'],
  ['#contract', 'server/src/contract'],
  ['#schemas/', 'schemas/'],
];

/** Rooms from the most particular path to the least; the first prefix that fits names the room of a file. */
const dotsRooms = [
  'model',
  'runtime',
  'words',
  'check',
  'cbor',
  'workspace',
  'flowspec',
  'coap',
  'transport',
  'signal',
  'data',
  'dotsServer',
  'orchestrator',
];
const rooms = [
  ['server/src/contract', 'contract'],
  ['server/src/languageService/', 'languageService'],
  ['server/src/host/', 'host'],
  ['server/src/', 'lsp'],
  ['client/', 'client'],
  ['cli/', 'cli'],
  ['test/', 'test'],
  ['schemas/', 'schemas'],
  ...dotsRooms.map((room) => [`dots/src/${room}/`, room]),
];

const pureDots = ['model', 'words', 'check', 'cbor', 'workspace', 'flowspec'];

/** Which rooms a room may import from, besides itself. */
const allowed = {
  schemas: [],
  model: ['schemas'],
  runtime: ['model'],
  words: ['model', 'runtime'],
  check: ['model', 'schemas'],
  cbor: ['model', 'schemas'],
  workspace: ['check', 'model', 'schemas'],
  flowspec: ['check', 'model', 'schemas'],
  coap: ['cbor', 'model', 'runtime'],
  transport: ['coap', 'cbor', 'model', 'runtime'],
  signal: ['transport', 'coap', 'cbor', 'check', 'model', 'runtime', 'words'],
  data: ['transport', 'coap', 'cbor', 'check', 'model', 'runtime', 'words'],
  dotsServer: ['transport', 'coap', 'cbor', 'check', 'model', 'runtime', 'words'],
  orchestrator: dotsRooms,
  contract: ['model'],
  languageService: [...pureDots, 'schemas'],
  host: ['languageService', ...pureDots, 'runtime'],
  lsp: ['host', 'languageService', 'contract', ...pureDots],
  client: ['contract', ...dotsRooms],
  cli: ['host', 'languageService', ...dotsRooms],
  test: ['schemas', 'contract', 'languageService', 'host', 'lsp', 'client', 'cli', ...dotsRooms],
};

/** The only packages that pure rooms may import: none of them opens a socket or a file. */
const purePackages = {
  schemas: [],
  model: [],
  check: [],
  cbor: ['cbor2'],
  flowspec: [],
  words: [],
  workspace: [],
  languageService: ['jsonc-parser'],
  contract: [],
};

/** What the other rooms must not import: what keeps the editor out of the protocol, and the server out of the extension. */
const forbiddenPackages = {
  coap: /^vscode/,
  transport: /^vscode/,
  signal: /^vscode/,
  data: /^vscode/,
  dotsServer: /^vscode/,
  orchestrator: /^vscode/,
  host: /^vscode/,
  cli: /^vscode/,
  lsp: /^vscode$|^vscode-languageclient/,
  client: /^vscode-languageserver/,
};

/** Whether a room may import a package; generators and tests of pure rooms live elsewhere. */
function mayImport(room, source, file) {
  if (room === 'schemas' && (file.endsWith('generate.ts') || file.includes('schemas/yang/'))) return true;
  const allowedHere = purePackages[room];
  if (allowedHere !== undefined) return allowedHere.some((name) => source === name || source.startsWith(`${name}/`));
  return !forbiddenPackages[room]?.test(source);
}

const roomOf = (path) => rooms.find(([prefix]) => path.startsWith(prefix))?.[1];

function targetOf(source, file) {
  const alias = aliases.find(([name]) => source.startsWith(name));
  if (alias) return alias[1] + source.slice(alias[0].length);
  if (source.startsWith('.'))
    return relative(root, resolve(dirname(file), source))
      .split(sep)
      .join('/');
  return undefined;
}

/** @type {import('eslint').Rule.RuleModule} */
export const direction = {
  meta: {
    type: 'problem',
    messages: {
      homeless: '{{path}} is in no room: name its room and its directions in scripts/lint/direction.mjs.',
      room: '{{from}} must not import {{to}} (allowed: {{allowed}}).',
      package: '{{from}} must not import the package {{source}}.',
    },
  },
  create(context) {
    const file = context.filename;
    const path = relative(root, file).split(sep).join('/');
    const from = roomOf(path);
    if (from === undefined)
      return { Program: (node) => context.report({ node, messageId: 'homeless', data: { path } }) };
    const check = (node) => {
      const source = node.source?.value;
      if (typeof source !== 'string') return;
      const target = targetOf(source, file);
      if (target === undefined) {
        if (!mayImport(from, source, file)) context.report({ node, messageId: 'package', data: { from, source } });
        return;
      }
      const to = roomOf(target);
      if (to === undefined || to === from || allowed[from].includes(to)) return;
      context.report({ node, messageId: 'room', data: { from, to, allowed: allowed[from].join(', ') || 'nothing' } });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
      TSImportType: (node) => check({ ...node, source: node.source ?? node.argument?.literal }),
    };
  },
};
