import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { dots, folder, request } from '../support/dots';
import { applied } from '../support/edits';

const faulty =
  '{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{"target-prefix": ["192.0.2.7/24"], "lifetime": "3600"}]}}';

interface Region {
  startLine: number;
  startColumn: number;
  endLine: number;
  endColumn: number;
}

interface SarifResult {
  ruleId: string;
  level: string;
  locations: { physicalLocation: { artifactLocation: { uri: string }; region: Region } }[];
  fixes?: { artifactChanges: { replacements: { deletedRegion: Region; insertedContent: { text: string } }[] }[] }[];
}

interface Sarif {
  version: string;
  runs: { tool: { driver: { rules: { id: string }[] } }; results: SarifResult[] }[];
}

test('--format sarif is a log with a rule for each code, and the fixes of each finding', (t) => {
  const file = join(folder(t, { 'a b.dots.json': faulty }), 'a b.dots.json');
  const run = dots(['validate', '--format', 'sarif', file]);
  assert.equal(run.status, 1);
  const { version, runs } = JSON.parse(run.out) as Sarif;
  assert.equal(version, '2.1.0');
  const [log] = runs;
  assert.deepEqual(
    log?.tool.driver.rules.map(({ id }) => id),
    ['advice/host-bits', 'yang/wrong-type'],
  );
  assert.deepEqual(
    log?.results.map(({ ruleId, level }) => [ruleId, level]),
    [
      ['advice/host-bits', 'warning'],
      ['yang/wrong-type', 'error'],
    ],
  );
  const [hostBits] = log?.results ?? [];
  const { artifactLocation, region } = hostBits?.locations[0]?.physicalLocation ?? {};
  assert.equal(artifactLocation?.uri, pathToFileURL(file).href);
  assert.equal(faulty.slice((region?.startColumn ?? 0) - 1, (region?.endColumn ?? 0) - 1), '"192.0.2.7/24"');
  const edits = hostBits?.fixes?.[0]?.artifactChanges[0]?.replacements.map(
    ({ deletedRegion: at, insertedContent }) => ({
      range: {
        start: { line: at.startLine - 1, character: at.startColumn - 1 },
        end: { line: at.endLine - 1, character: at.endColumn - 1 },
      },
      newText: insertedContent.text,
    }),
  );
  assert.equal(applied(faulty, edits ?? []), faulty.replace('192.0.2.7/24', '192.0.2.0/24'));
});

test('--format github is an annotation for each finding', (t) => {
  const path = folder(t, { 'a,b.dots.json': faulty });
  const { out, status } = dots(['validate', '--format', 'github', path]);
  assert.equal(status, 1);
  assert.match(
    out,
    /^::warning file=.*a%2Cb\.dots\.json,line=1,col=\d+,endLine=1,title=advice\/host-bits::The prefix /,
  );
  assert.match(out, /^::error file=.*,title=yang\/wrong-type::.* \(RFC 7951 section 6\.1\)$/m);
});

test('--format junit has a test case for each file, which fails where an error was found', (t) => {
  const path = folder(t, { 'a&b.dots.json': faulty, 'c.dots.json': request });
  const { out, status } = dots(['validate', '--format', 'junit', path]);
  assert.equal(status, 1);
  assert.match(out, /<testsuite name="dots validate" tests="2" failures="1">/);
  assert.match(
    out,
    /<testcase classname="dots validate" name="[^"]*a&amp;b\.dots\.json">\n<failure type="yang\/wrong-type" /,
  );
  assert.match(out, /<system-out>[^<]*advice\/host-bits/);
  assert.match(out, /name="[^"]*c\.dots\.json">\n<\/testcase>/);
});

test('--max-warnings: more warnings are exit status 1', (t) => {
  const path = folder(t, { 'a.dots.json': faulty.replace('"3600"', '3600') });
  assert.equal(dots(['validate', path]).status, 0);
  assert.equal(dots(['validate', '--max-warnings', '1', path]).status, 0);
  assert.equal(dots(['validate', '--max-warnings', '0', path]).status, 1);
  const wrong = dots(['validate', '--max-warnings', 'few', path]);
  assert.equal(wrong.status, 2);
  assert.match(wrong.err, /--max-warnings must be a whole number/);
});
