import { documentType } from '#dots/model/documents';
import { isObject, itemsOf, type JsonObject } from '#dots/model/json';
import type { Answer } from '#dots/signal/answer';
import type { LedgerOfClient } from '#dots/signal/ledgerFolder';
import { telemetryQueries } from '#dots/signal/queries';
import { telemetry, telemetrySetup } from '#dots/signal/resources';
import { codeWords } from '#dots/words/codes';
import { telemetryLines, telemetrySetupLines } from '#dots/words/telemetry';
import { UsageError } from './command';
import { questionOf } from './questionOptions';
import type { Outcome } from './resourceReport';
import { askResource, idIn, sendResource, type ResourceActions, type ResourceRun } from './resourceRun';

/** One of the two resources of telemetry, and what differs. */
const shapes = {
  tsid: {
    resource: telemetrySetup,
    kind: 'telemetry-setup',
    list: 'telemetry',
    lines: telemetrySetupLines,
    command: 'dots telemetry setup',
  },
  tmid: {
    resource: telemetry,
    kind: 'telemetry',
    list: 'pre-or-ongoing-mitigation',
    lines: telemetryLines,
    command: 'dots telemetry',
  },
} as const;

type Name = keyof typeof shapes;

/** The actions of `dots telemetry` that have one answer: RFC 9244 sections 7 and 8. */
export const telemetryActions: ResourceActions = new Map([
  ['setup get', (run) => read(run, 'tsid')],
  ['setup set', (run) => send(run, 'tsid')],
  ['setup delete', (run) => remove(run, 'tsid')],
  ['send', (run) => send(run, 'tmid')],
  ['get', (run) => read(run, 'tmid')],
  ['delete', (run) => remove(run, 'tmid')],
]);

function read(run: ResourceRun, name: Name): Promise<void> {
  const { resource } = shapes[name];
  const id = idIn(run.words, name);
  const { query, filtered } = questionOf(run.given, name === 'tmid' ? telemetryQueries : []);
  return askResource(
    run,
    { notDone: 'nothing was read', reads: true, asking: (session, left) => session.get({ resource, id, query }, left) },
    async (answer, client) => {
      if (id === undefined) await takeList(answer, name, filtered, client);
      return readWords(answer, name);
    },
  );
}

/** The numbers that the server has are those of this client: the next one is higher (RFC 9244 section 8.2). */
async function takeList(answer: Answer, name: Name, filtered: boolean, client: LedgerOfClient): Promise<void> {
  const content = contentOf(answer, name);
  const entries = itemsOf(content?.[shapes[name].list]).filter(isObject);
  const ids = entries.map((entry) => entry[name]).filter((id) => typeof id === 'number');
  const isWhole = !filtered && answer.broken === undefined && ids.length === entries.length;
  if (answer.ok || answer.code === '4.04') await client.listed(name, new Set(ids), isWhole);
}

function contentOf({ body }: Answer, name: Name): JsonObject | undefined {
  const content = body?.[documentType(shapes[name].kind).topMember];
  return isObject(content) ? content : undefined;
}

function readWords(answer: Answer, name: Name): Omit<Outcome, 'answer'> {
  const { command, lines } = shapes[name];
  const set = name === 'tsid' ? `${command} set FILE` : `${command} send FILE`;
  const content = contentOf(answer, name);
  if (answer.code === '4.04') return { next: `the server has none of this client: ${set} sends some.` };
  return {
    remarks: answer.ok && content !== undefined ? lines(content) : [],
    next: nextAfter(answer, `${set} changes it, ${command} delete ${name.toUpperCase()} deletes it.`),
  };
}

function send(run: ResourceRun, name: Name): Promise<void> {
  const { kind, command } = shapes[name];
  return sendResource(run, kind, ({ answer }) =>
    nextAfter(
      answer,
      name === 'tsid'
        ? `${command} get shows what is in force.`
        : `${command} watch prints what the server reports for it, ${command} delete ends it.`,
    ),
  );
}

function remove(run: ResourceRun, name: Name): Promise<void> {
  const { resource, command } = shapes[name];
  const id = idIn(run.words, name);
  if (id === undefined && run.given.option('all') === undefined)
    throw new UsageError(`Name the ${name} to delete, or use --all.`, `${command} get lists them.`);
  return askResource(
    run,
    { notDone: 'nothing was deleted', asking: (session, left) => session.delete({ resource, id }, left) },
    async (answer, client) => {
      if (answer.ok) await client.deleted(name, id, answer.code);
      return { next: nextAfter(answer, `${command} get shows what is left.`) };
    },
  );
}

const nextAfter = ({ code, ok, request }: Answer, accepted: string): string =>
  ok ? accepted : codeWords(code, request.path, ok).next;
