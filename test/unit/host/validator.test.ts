import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { DocumentCache } from '#host/documentCache';
import { pathOf, uriNaming, uriOf } from '#host/files';
import { FolderIndex } from '#host/folderIndex';
import { GoverningWorkspaces } from '#host/governingWorkspaces';
import { Validator } from '#host/validator';
import { validationService } from '#service/validationService';
import { operationsOf } from '../../support/operations';
import { tree } from '../../support/tree';

/** A request for a prefix of its own. */
const request = (index: number, lifetime = 3600): string =>
  JSON.stringify({
    'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'target-prefix': [prefixOf(index)], lifetime }] },
  });
const prefixOf = (index: number): string => `2001:db8:0:${index.toString(16)}::/64`;
const nameOf = (index: number): string => `request-${index}.dots.json`;

/** A workspace whose file names a mid for each request. */
function files(count: number): Record<string, string> {
  const numbers = Array.from({ length: count }, (_, index) => index);
  const entries = numbers.map((index) => ({ path: nameOf(index), mid: index + 1, direction: 'request' }));
  return {
    'dots.workspace.json': JSON.stringify({ files: entries, 'own-prefixes': ['2001:db8::/32'] }),
    ...Object.fromEntries(numbers.map((index) => [nameOf(index), request(index)])),
  };
}

interface Text {
  uri: string;
  version: number;
  text: string;
  getText: () => string;
}

interface Scene {
  folder: string;
  open: Text[];
  index: FolderIndex;
  /** How often something was done since it was asked last. */
  counted: () => { sets: number; contexts: number; names: number };
  type: (text: string) => void;
  /** The codes of the findings of all open documents. */
  codes: () => Promise<string[]>;
}

/** An editor with some documents of a workspace open; what it does about the others is counted. */
async function scene(t: TestContext, count: number, opened: number): Promise<Scene> {
  const folder = tree(t, files(count));
  let counts = { sets: 0, contexts: 0, names: 0 };
  const service: typeof validationService = {
    ...validationService,
    cross: (set) => {
      counts.sets += 1;
      return validationService.cross(set);
    },
    context: (...given) => {
      counts.contexts += 1;
      return validationService.context(...given);
    },
  };
  const open = Array.from({ length: opened }, (_, index): Text => {
    const path = join(folder, nameOf(index));
    const text: Text = { uri: uriOf(path), version: 1, text: readFileSync(path, 'utf8'), getText: () => text.text };
    return text;
  });
  const documents = new DocumentCache(service);
  const index = new FolderIndex({ service, isOpen: (path) => open.some(({ uri }) => pathOf(uri) === path) });
  const naming = {
    pathOf,
    nameOf: (path: string) => {
      counts.names += 1;
      return uriNaming.nameOf(path);
    },
  };
  const validator = new Validator({
    service,
    documents,
    workspaces: new GoverningWorkspaces({ service }),
    index,
    naming,
    sources: () => open,
    areNamed: false,
    level: (_, ofWorkspace) => ofWorkspace,
    profiles: () => undefined,
  });
  await validator.loaded(open[0]?.uri ?? '');
  const counted = (): typeof counts => {
    const before = counts;
    counts = { sets: 0, contexts: 0, names: 0 };
    return before;
  };
  const type = (text: string): void =>
    void Object.assign(open[0] as Text, { text, version: (open[0]?.version ?? 0) + 1 });
  const codes = async (): Promise<string[]> => {
    const findings = [];
    for (const document of open) findings.push(...(await validator.findings(document)));
    return findings.map(({ code }) => code);
  };
  return { folder, open, index, counted, type, codes };
}

test('a keystroke evaluates the set once, whatever number of its documents is open, and derives nothing else again', async (t) => {
  const { type, codes, counted } = await scene(t, 60, 20);
  assert.deepEqual(await codes(), []);
  assert.deepEqual(counted(), { sets: 1, contexts: 60, names: 40 });
  type(request(0, 600));
  assert.deepEqual(await codes(), []);
  assert.deepEqual(counted(), { sets: 1, contexts: 0, names: 0 });
  assert.deepEqual([await codes(), counted()], [[], { sets: 0, contexts: 0, names: 0 }]);
});

test('what is kept of a set follows every change: of a text, of a file, of the workspace file', async (t) => {
  const { folder, type, codes, index } = await scene(t, 6, 2);
  assert.deepEqual(await codes(), []);
  type(request(1));
  assert.deepEqual(await codes(), ['cross/deleted-request', 'cross/deletes-request']);
  type(request(5));
  assert.deepEqual(await codes(), ['cross/deleted-request']);
  writeFileSync(join(folder, nameOf(5)), request(7));
  index.changed(join(folder, nameOf(5)));
  assert.deepEqual(await codes(), []);
  writeFileSync(join(folder, 'dots.workspace.json'), JSON.stringify({ 'own-prefixes': ['2001:db8:1::/48'] }));
  assert.deepEqual(await codes(), ['cross/foreign-target', 'cross/foreign-target']);
});

test('a keystroke costs in proportion to the number of documents at most', async (t) => {
  const counts = [];
  for (const count of [200, 400]) {
    const { type, codes } = await scene(t, count, 10);
    await codes();
    type(request(0, 600));
    counts.push(await operationsOf(codes));
  }
  const [once = 0, twice = 0] = counts;
  assert.ok(twice < 2.2 * once, `${once} operations beside 200 documents, ${twice} beside 400`);
});
