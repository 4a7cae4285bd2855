import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../support/shared';

test('the threat model names an actor a row, and only tests that there are', () => {
  const model =
    readFileSync(join(root, 'SECURITY.md'), 'utf8')
      .split(/^## Threat model$/m)[1]
      ?.split(/^## /m)[0] ?? '';
  const rows = [...model.matchAll(/^\| \*\*(?<actor>[^*]+)\*\*.*\| (?<tests>[^|]+) \|$/gm)].map(
    ({ groups }) => groups!,
  );
  assert.deepEqual(
    rows.map(({ actor }) => actor),
    ['Stranger on the network', 'Client', 'Server', 'Other local user', 'Repository author', 'Web page'],
  );
  const files = (readdirSync(join(root, 'test'), { recursive: true }) as string[]).map((name) =>
    `/${name.replaceAll('\\', '/')}`.replace(/(\.test|\.editor|\.untrusted)?\.ts$/, ''),
  );
  for (const { actor, tests } of rows) {
    const named = [...tests!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    assert.ok(named.length > 0, actor);
    assert.deepEqual(
      named.filter((name) => !files.some((file) => file.endsWith(`/${name}`))),
      [],
      actor,
    );
  }
});
