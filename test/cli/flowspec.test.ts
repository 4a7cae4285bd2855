import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { acls, dots, folder, request } from '../support/dots';

interface Report {
  rules: {
    family: string;
    nlri: string;
    extendedCommunities: string[];
    text: string;
    source: { file: string; pointer: string };
  }[];
  findings: { file: string; code: string; range: object }[];
}

test('the rules of an ACL as JSON, in the form of the contract', (t) => {
  const file = join(folder(t, { 'a.dots.json': acls.replace('activate-when-mitigating', 'immediate') }), 'a.dots.json');
  const run = dots(['flowspec', file, '--format', 'json']);
  const {
    rules: [rule],
    findings,
  } = JSON.parse(run.out) as Report;
  assert.equal(run.status, 0);
  assert.deepEqual([rule?.family, rule?.extendedCommunities], ['ipv4', ['8006000000000000']]);
  assert.match(rule?.nlri ?? '', /^[0-9a-f]+$/);
  assert.equal(rule?.source.file, file);
  assert.match(rule?.source.pointer ?? '', /\/aces\/ace\/0$/);
  assert.ok(findings.every((finding) => finding.file === file && 'range' in finding));
});

test('the same as a table, as hex and for ExaBGP; findings go to standard error', () => {
  const run = (format: string): { status: number | null; out: string; err: string } =>
    dots(['flowspec', '-', '--format', format], request);
  assert.match(run('table').out, /192\.0\.2\.0\/24/);
  assert.match(run('hex').out, /^ipv4 [0-9a-f]+/);
  assert.match(run('exabgp').out, /destination 192\.0\.2\.0\/24/);
  assert.match(run('table').err, /^-:4:\d+ \w+ .* \(flowspec\//m);
});

test('an NLRI is read, and written as dots would write it', () => {
  const words = ['flowspec', '--decode', '0c0118c0000203811105910035', '--family', 'ipv4'];
  const report = JSON.parse(dots([...words, '--format', 'json']).out) as {
    family: string;
    components: { type: number }[];
  };
  assert.deepEqual([report.family, report.components.map(({ type }) => type)], ['ipv4', [1, 3, 5]]);
  assert.equal(dots([...words, '--format', 'hex']).out, '0b0118c00002038111058135\n');
});

const failures: [name: string, words: string[], input: string, status: number, message: RegExp][] = [
  ['a document that is not JSON', ['flowspec', '-'], '{', 1, /json\/syntax/],
  ['no file', ['flowspec'], '', 2, /No file is named/],
  ['a truncated NLRI', ['flowspec', '--decode', '0b01', '--family', 'ipv4'], '', 1, /Octet/],
  [
    'an NLRI that is not hex',
    ['flowspec', '--decode', 'zz', '--family', 'ipv4'],
    '',
    2,
    /--decode requires an even number of hexadecimal digits/,
  ],
  ['an NLRI without its family', ['flowspec', '--decode', '00'], '', 2, /--family is missing/],
  ['an NLRI of a family that is none', ['flowspec', '--decode', '00', '--family', 'ipx'], '', 2, /ipv4 or ipv6/],
  [
    'an NLRI as a table',
    ['flowspec', '--decode', '03010800', '--family', 'ipv4', '--format', 'table'],
    '',
    2,
    /json or hex/,
  ],
  ['an NLRI and a file', ['flowspec', 'x', '--decode', '00', '--family', 'ipv4'], '', 2, /no file/],
  ['a domain that is no prefix', ['flowspec', '-', '--domain', 'example'], request, 2, /example/],
];

for (const [name, words, input, status, message] of failures) {
  test(`${name}: exit ${status} and a sentence`, () => {
    const run = dots(words, input);
    assert.deepEqual([run.status, run.out], [status, '']);
    assert.match(run.err, message);
    assert.doesNotMatch(run.err, /\n\s+at |Internal error/);
  });
}
