import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../../../support/crossScene';

test('an attack described although a mapping explains it', () => {
  const attack = (more: object): object => ({
    'ietf-dots-telemetry:telemetry': {
      'pre-or-ongoing-mitigation': [
        {
          target: { 'target-prefix': ['192.0.2.1/32'] },
          'attack-detail': [{ 'vendor-id': 32473, 'attack-id': 77, ...more }],
        },
      ],
    },
  });
  const mapping = {
    'ietf-dots-mapping:vendor-mapping': {
      vendor: [{ 'vendor-id': 32473, 'attack-mapping': [{ 'attack-id': 77, 'attack-description': 'a flood' }] }],
    },
  };
  assert.deepEqual(
    judge({ 'a.json': attack({ 'attack-description': 'a flood' }), 'b.json': mapping }, {}).found.map(
      ([file, code]) => [file, code],
    ),
    [['a.json', 'cross/described-attack']],
  );
  assert.deepEqual(judge({ 'a.json': attack({}), 'b.json': mapping }, {}).found, []);
});

test('attacks that no mapping explains', () => {
  const attack = (detail: object): object => ({
    'ietf-dots-telemetry:telemetry': {
      'pre-or-ongoing-mitigation': [
        { target: { 'target-prefix': ['192.0.2.0/24'] }, 'attack-detail': [{ 'vendor-id': 32473, ...detail }] },
      ],
    },
  });
  const mapping = {
    'ietf-dots-mapping:vendor-mapping': {
      vendor: [{ 'vendor-id': 32473, 'attack-mapping': [{ 'attack-id': 1, 'attack-description': 'one' }] }],
    },
  };
  const documents = {
    'a.json': attack({ 'attack-id': 1 }),
    'b.json': attack({ 'attack-id': 2 }),
    'c.json': attack({ 'attack-id': 3, 'attack-description': 'three' }),
  };
  assert.deepEqual(
    judge({ ...documents, 'd.json': mapping }).found.map(([file, code, severity]) => [file, code, severity]),
    [['b.json', 'cross/unmapped-attack', 'information']],
  );
  assert.deepEqual(judge(documents).found, []);
  assert.deepEqual(
    judge(documents, {}).found.map(([file, , severity]) => [file, severity]),
    [
      ['a.json', 'warning'],
      ['b.json', 'warning'],
    ],
  );
});
