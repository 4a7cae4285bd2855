import { mitigation, target } from '../checkCases';
import { one, type FindingExample } from './example';

const deep = `${'{"a": '.repeat(65)}1${'}'.repeat(65)}`;

/** Findings of the JSON itself, and of the product's own files. */
export const jsonExamples: readonly FindingExample[] = [
  {
    code: 'json/byte-order-mark',
    reason: 'RFC 8259 forbids a byte order mark at the start of a JSON text.',
    files: one(`\ufeff${JSON.stringify(mitigation(target))}`),
  },
  {
    code: 'json/comma-missing',
    reason: 'Members and entries are separated by commas.',
    files: one(
      '{\n  "ietf-dots-signal-channel:mitigation-scope": {\n    "scope": [\n      { "target-prefix": ["192.0.2.0/24"] "lifetime": 3600 }\n    ]\n  }\n}\n',
    ),
  },
  {
    code: 'json/comment',
    reason: 'JSON has no comments; files named .jsonc may have them.',
    files: one(`// request of the web servers\n${JSON.stringify(mitigation(target))}`),
  },
  {
    code: 'json/config-duplicate',
    reason: 'Two clients of one name or key cannot be distinguished.',
    files: { 'dots.clients.json': { clients: [{ name: 'web-1' }, { name: 'web-1' }] } },
  },
  {
    code: 'json/config-member',
    reason: 'A member that the file does not know has no effect.',
    files: { 'dots.workspace.json': { 'own-prefix': ['192.0.2.0/24'] } },
  },
  {
    code: 'json/config-missing',
    reason: 'Without this member the entry has no meaning.',
    files: { 'dots.workspace.json': { suppressions: [{ path: 'old/*.dots.json' }] } },
  },
  {
    code: 'json/config-value',
    reason: 'A file of the product with a wrong value is not used at all.',
    files: { 'dots.workspace.json': { level: 'strickt' } },
  },
  {
    code: 'json/duplicate-member',
    reason: 'Which of two members of one name is used depends on the reader.',
    files: one(
      '{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{"target-prefix": ["192.0.2.0/24"], "lifetime": 60, "lifetime": 3600}]}}',
    ),
  },
  { code: 'json/empty', reason: 'An empty text is not JSON.', files: one('') },
  {
    code: 'json/forbidden-name',
    reason: 'Many programs break on this name.',
    files: one(
      '{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{"target-prefix": ["192.0.2.0/24"], "lifetime": 60, "__proto__": {}}]}}',
    ),
  },
  {
    code: 'json/lone-surrogate',
    reason: 'Half a character cannot be encoded in UTF-8.',
    files: one(
      '{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{"alias-name": ["web\\ud83d"], "lifetime": 60}]}}',
    ),
  },
  {
    code: 'json/not-an-object',
    reason: 'A document of either channel is one JSON object.',
    files: one([mitigation(target)]),
  },
  {
    code: 'json/number-too-large',
    reason: 'Most readers store a number as a double, which has 53 bits.',
    files: one(
      '{"ietf-dots-telemetry:telemetry": {"pre-or-ongoing-mitigation": [{"target": {"target-prefix": ["192.0.2.0/24"]}, "total-attack-traffic": [{"unit": "bit-ps", "peak-g": 18446744073709551615}]}]}}',
    ),
  },
  {
    code: 'json/syntax',
    reason: 'The text is not JSON.',
    files: one('{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{"target-prefix": [192.0.2.0/24]}]}}'),
  },
  { code: 'json/too-deep', reason: 'No DOTS document is nested so deep; readers may fail on it.', files: one(deep) },
  {
    code: 'json/too-many-entries',
    reason: 'A longer list is not validated, because it would block the editor.',
    files: one(mitigation({ lifetime: 3600, 'target-protocol': Array.from({ length: 100_001 }, () => 6) })),
  },
  {
    code: 'json/too-many-faults',
    reason: 'Further findings of a document with thousands of them are not shown.',
    files: one(mitigation({ ...target, 'target-protocol': Array.from({ length: 6000 }, () => 'udp') })),
  },
  {
    code: 'json/trailing-comma',
    reason: 'JSON has no comma before a closing bracket; files named .jsonc may have it.',
    files: one('{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{"target-prefix": ["192.0.2.0/24"],}]}}'),
  },
  {
    code: 'json/unknown-document',
    reason: 'The top-level member says what a document is.',
    files: one({ 'mitigation-scope': { scope: [target] } }),
  },
];
