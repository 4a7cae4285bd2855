import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { translate, type FlowspecRule } from '#dots/flowspec/translate';
import type { JsonObject } from '#dots/model/json';
import { openSession, startOrchestrator } from '../../support/protocol/scene';
import { root } from '../../support/shared';

const textsOf = (rules: readonly FlowspecRule[]): string[] => rules.map(({ text }) => text);

for (const file of ['offload-request.dots.json', 'call-home-request.dots.json']) {
  test(`a mitigation that was requested has the rules of its document in force: ${file}`, async (t) => {
    const document = JSON.parse(readFileSync(join(root, 'examples', file), 'utf8')) as JsonObject;
    const orchestrator = await startOrchestrator(t);
    const session = await openSession(t, orchestrator.signal);
    assert.equal((await session.send(document, { mid: 1 })).code, '2.01');
    const { rules } = translate([{ file, value: document }]);
    assert.ok(rules.length > 0);
    assert.deepEqual(textsOf(orchestrator.flowspec().rules), textsOf(rules));
  });
}
