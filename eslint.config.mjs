import tseslint from 'typescript-eslint';
import { direction } from './scripts/lint/direction.mjs';

/** Rooms that must also run in a browser: no sockets, no files, no clock of their own. */
const pure = [
  'dots/src/model/**',
  'dots/src/check/**',
  'dots/src/cbor/**',
  'dots/src/words/**',
  'dots/src/workspace/**',
  'dots/src/flowspec/**',
  'server/src/languageService/**',
];
const product = ['client/src/**/*.ts', 'server/src/**/*.ts', 'dots/src/**/*.ts', 'cli/src/**/*.ts', 'schemas/**/*.ts'];

export default tseslint.config(
  { ignores: ['dist/', 'out/', 'node_modules/', '.vscode-host/', '.dots/', 'schemas/generated/'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { workbench: { rules: { direction } } },
    rules: {
      'workbench/direction': 'error',
      'max-lines': ['error', { max: 400 }],
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: ['test', 'it', 'describe'] }] },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      eqeqeq: 'error',
    },
  },
  {
    // A require of JSON is read when it runs; an import would be read at every start.
    files: ['schemas/index.ts'],
    rules: { '@typescript-eslint/no-require-imports': ['error', { allow: ['^\\./generated/'] }] },
  },
  {
    files: ['**/*.mjs'],
    extends: [tseslint.configs.base],
    rules: {
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 80 }],
      eqeqeq: 'error',
      'no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
      ],
    },
  },
  {
    files: product,
    rules: {
      'max-lines-per-function': ['error', { max: 80 }],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ThrowStatement > NewExpression[callee.name="Error"]',
          message: 'Throw a typed error (dots/src/model/errors.ts) that says what, where and what next.',
        },
      ],
    },
  },
  {
    files: pure,
    rules: {
      'no-restricted-globals': [
        'error',
        'process',
        'Buffer',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'performance',
        'require',
        '__dirname',
        'fetch',
        'WebSocket',
        'crypto',
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Pure rooms take the time as an argument.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
          message: 'Pure rooms take the time as an argument.',
        },
        {
          selector: 'ThrowStatement > NewExpression[callee.name="Error"]',
          message: 'Throw a typed error (dots/src/model/errors.ts).',
        },
      ],
    },
  },
);
