import tseslint from 'typescript-eslint';
import { folders } from './scripts/lib/folders.mjs';
import { cycle, direction } from './scripts/lint/direction.mjs';
import { wording } from './scripts/lint/wording.mjs';

const product = ['client/src/**/*.ts', 'server/src/**/*.ts', 'dots/src/**/*.ts', 'cli/src/**/*.ts', 'schemas/**/*.ts'];
const globOf = ({ path }) => (path.endsWith('.ts') ? path : `${path}/*.ts`);
const pure = folders.filter((folder) => folder.pure).map(globOf);
const impure = folders.filter((folder) => !folder.pure).map(globOf);

/** What a pure folder must not use: it depends on the machine, the moment or chance. */
const impureGlobals = [
  'globalThis',
  'global',
  'self',
  'window',
  'process',
  'Buffer',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'performance',
  'require',
  '__dirname',
  '__filename',
  'console',
  'fetch',
  'WebSocket',
  'crypto',
];
const takeTheTime = 'Pure folders take the time as an argument.';
const takeChance = 'Pure folders take chance as an argument.';
const useTheCaller = 'Use cli/src/caller.ts: a command may run in the process of dots session.';
const typedError = {
  selector: 'ThrowStatement > NewExpression[callee.name="Error"]',
  message: 'Throw a typed error (dots/src/model/errors.ts) that says what, where and what next.',
};

export default tseslint.config(
  { ignores: ['dist/', 'out/', 'node_modules/', '.vscode-host/', '.dots/', 'schemas/generated/'] },
  {
    files: ['{schemas,dots,server,client,cli,scripts,test}/**/*.{ts,mjs}'],
    plugins: { workbench: { rules: { direction, cycle, wording } } },
    rules: {
      'workbench/direction': 'error',
      'workbench/cycle': 'error',
      'max-len': ['error', { code: 10000, comments: 120, ignoreUrls: true }],
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 60 }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: ['test', 'it', 'describe'] }] },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  {
    files: ['**/*.mjs'],
    extends: [tseslint.configs.base],
    rules: {
      'no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
      ],
    },
  },
  { files: product, rules: { 'no-restricted-syntax': ['error', typedError] } },
  {
    files: [...product, '{scripts,test}/**/*.{ts,mjs}'],
    rules: { 'workbench/wording': 'error' },
  },
  {
    files: pure,
    ignores: impure,
    rules: {
      'no-restricted-globals': ['error', ...impureGlobals],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: takeTheTime },
        { object: 'Math', property: 'random', message: takeChance },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: takeTheTime },
        { selector: 'CallExpression[callee.name="Date"]', message: takeTheTime },
        typedError,
      ],
    },
  },
  {
    // What a command means is decided where it is typed, also where `dots session` runs it; it does not run the mock.
    files: ['cli/src/**/*.ts'],
    ignores: ['cli/src/caller.ts', 'cli/src/io.ts', 'cli/src/commands/mock.ts', 'cli/src/clients.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...['cwd', 'env'].map((property) => ({ object: 'process', property, message: useTheCaller })),
      ],
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'node:path', importNames: ['resolve'], message: useTheCaller }] },
      ],
    },
  },
  {
    // A require of JSON is read when it runs; an import would be read at every start.
    files: ['schemas/index.ts', 'schemas/config.ts'],
    rules: {
      'no-restricted-globals': 'off',
      '@typescript-eslint/no-require-imports': ['error', { allow: ['^\\./[\\w/-]+\\.json$'] }],
    },
  },
);
