import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deviations } from '#schemas/yang/deviations';
import { translateExpression } from '#schemas/yang/expression';
import { ModuleSet } from '#schemas/yang/modules';
import { parseModule } from '#schemas/yang/parse';
import { SchemaEmitter } from '#schemas/yang/jsonSchema';
import { TreeBuilder } from '#schemas/yang/tree';
import { TypeResolver } from '#schemas/yang/types';
import type { SchemaNode } from '#schemas/types';

/** The schema of the container `top` in a module with this body. */
function schemaOf(body: string): SchemaNode {
  const modules = new ModuleSet([parseModule(`module m { namespace "urn:m"; prefix m; ${body} }`)]);
  const deviations = new Deviations([]);
  const tree = new TreeBuilder(modules, new TypeResolver(modules, deviations), deviations)
    .build(['m:top'])
    .get('m:top');
  assert.ok(tree);
  return new SchemaEmitter(modules, deviations, true).node(tree);
}

test('generator: strings are joined, comments are passed over, escapes are resolved', () => {
  const parsed = parseModule('module m { // one\n /* two */ description "a\\"b" + \'c\\n\'; leaf x { type string; } }');
  assert.equal(parsed.children[0]?.argument, 'a"bc\\n');
  assert.equal(parsed.children[1]?.children[0]?.argument, 'string');
});

test('generator: text that is no YANG is refused with its line', () => {
  assert.throws(() => parseModule('module m {\n leaf x {'), /ends in the middle/);
  assert.throws(() => parseModule('module m {\n leaf "a" "b"; }'), /line 2: expected ; or \{/);
});

test('generator: keys, mandatory leafs and containers that contain one are required; a presence container is not', () => {
  const schema = schemaOf(
    'container top { leaf a { type int8; mandatory true; } container b { leaf c { type string; mandatory true; } } container d { presence x; leaf e { type string; mandatory true; } } list f { key g; leaf g { type string; } } }',
  );
  assert.deepEqual(schema.required, ['a', 'b']);
  assert.deepEqual(schema.properties?.f?.items?.required, ['g']);
});

test('generator: what is mandatory in a case is demanded only beside another member of the case', () => {
  const schema = schemaOf(
    'container top { choice c { case one { leaf a { type string; mandatory true; } leaf b { type string; } } leaf d { type string; } } }',
  );
  assert.deepEqual(schema.required, undefined);
  assert.deepEqual(schema.dependencies, { b: ['a'] });
  assert.deepEqual(schema['x-yang']?.choices, [{ name: 'c', cases: { one: ['a', 'b'], d: ['d'] } }]);
});

const refused: [what: string, body: string][] = [
  ['a mandatory choice', 'container top { choice c { mandatory true; leaf a { type string; } } }'],
  ['a must on a container', 'container top { container a { must "../b = \'x\'"; leaf b { type string; } } }'],
  ['a when on a choice', 'container top { choice c { when "../b = \'x\'"; leaf a { type string; } } }'],
  ['a pattern with a modifier', 'container top { leaf a { type string { pattern "x" { modifier invert-match; } } } }'],
  ['an expression with no translation', 'container top { leaf a { type string; must "count(../b) > 2"; } }'],
  [
    'a leafref that no deviation names',
    'container top { leaf a { type leafref { path "../b"; } } leaf b { type string; } }',
  ],
  ['a refine', 'grouping g { leaf a { type string; } } container top { uses g { refine a { default x; } } }'],
];

for (const [what, body] of refused) {
  test(`generator: ${what} is refused, not lost`, () => assert.throws(() => schemaOf(body), { name: 'SchemaError' }));
}

test('generator: a deviation that changes nothing is refused', () => {
  const idle = new Deviations([{ id: 'old', change: 'presence', containers: ['m:gone'], reason: '', rfc: '' }]);
  assert.throws(() => idle.requireAllUsed(), /old changes nothing/);
});

test('generator: expressions become data', () => {
  const modules = new ModuleSet([
    parseModule('module m { namespace "urn:m"; prefix m; identity base; identity one { base base; } }'),
  ]);
  const within = modules.module('m');
  assert.deepEqual(translateExpression('. >= ../low', modules, within), { op: '>=', left: '.', right: '../low' });
  assert.deepEqual(translateExpression("derived-from-or-self(../t, 'm:base')", modules, within), {
    op: 'derived-from-or-self',
    path: '../t',
    identity: 'm:base',
    identities: ['m:base', 'm:one'],
  });
});
