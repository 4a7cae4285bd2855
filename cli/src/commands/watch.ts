import type { Answer } from '#dots/signal/answer';
import { MitigationChanges } from '#dots/signal/mitigationChanges';
import { mitigationQueries } from '#dots/signal/queries';
import { mitigate } from '#dots/signal/resources';
import type { Arguments, Command, ExitStatus } from '../command';
import { statusOf } from '../invoke';
import type { Io } from '../io';
import { selectionOf, withOption, type ClientTarget } from '../mitigationTargets';
import { nextCommand } from '../nextCommand';
import { ownObservation } from '../observing';
import { questionOf, questionOptions } from '../questionOptions';
import { EventPrinter, type WatchEvent } from '../watchEvents';
import { watchResource } from '../watching';
import { mitigationOptions, reportedLine } from './mitigations';

/** `dots watch`: the mitigations of this client, and each change, until all have ended (RFC 9132 section 4.4.2.1). */
export const watch: Command = {
  name: 'watch',
  summary: 'Print the mitigations of this client, then each change until all have ended or Ctrl-C.',
  usage:
    '[MID|FILE] [--profile NAME] [--format text|json]\n       dots watch [MID|FILE] --server coaps://... --ca FILE --cert FILE --key FILE [--cuid C]',
  options: [...mitigationOptions.filter(({ name }) => name !== 'yes'), ...questionOptions],
  details: [
    'First one line for each mitigation that exists, then one for each change: of the status, of what was dropped, of a lifetime that was extended. The servers notify (RFC 7641), and the ledger follows. Without a server, all servers with a running mitigation in the ledger are watched, each with the profile that was used.',
    'A session that is lost is reported, and watching goes on when the server answers again.',
    'With --format json each line is one object, whose keys are always present. event is present (existed at the start), added, changed, ended, lost, returned, refused, failed or end.',
    'Exit status 0: all have ended, or Ctrl-C. 1: a server refused, or does not have the requested mitigation. 3: a server did not answer at the start.',
  ],
  examples: ['dots watch', 'dots watch 12 --profile upstream', 'dots watch request.dots.json --format json'],
  run: runWatch,
};

async function runWatch(given: Arguments, io: Io): Promise<ExitStatus> {
  const { query, filtered, content } = questionOf(given, mitigationQueries);
  // Watching changes nothing, so a production server needs no confirmation.
  const selection = await selectionOf(withOption(given, 'yes', ''), io, 'nothing was watched');
  const printer = new EventPrinter(given.option('format') === 'json', io);
  const { clients, problems } = selection;
  for (const { known, error } of problems)
    await printer.print({ server: known.server, cuid: known.cuid, profile: null }, { event: 'failed', error });
  if (clients.length + problems.length === 0)
    await printer.print(undefined, {
      event: 'end',
      message: 'No mitigation in the ledger is running. Specify a server or its --profile to watch it.',
    });
  const stop = new AbortController();
  void io.stopped().then(() => stop.abort());
  const statuses = await Promise.all(
    clients.map((each) =>
      watchClient({ each, query, filtered, content, printer, given, observe: io.observe, signal: stop.signal }),
    ),
  );
  return Math.max(0, ...statuses, ...problems.map(({ error }) => statusOf(error))) as ExitStatus;
}

interface Task extends ReturnType<typeof questionOf> {
  each: ClientTarget;
  printer: EventPrinter;
  given: Arguments;
  observe: Io['observe'];
  signal: AbortSignal;
}

async function watchClient(task: Task): Promise<ExitStatus> {
  const { each, query, printer, given, observe, signal } = task;
  const { target, known } = each;
  const id = each.mids?.[0];
  const changes = new MitigationChanges(id);
  const source = { server: known.server, cuid: known.cuid, profile: target.profile ?? null };
  return watchResource({
    connection: (observe ?? ownObservation)(target, { underAttack: false, signal }),
    question: { resource: mitigate, id, query },
    print: (event) => printer.print(source, event),
    taken: (answer, isFirst) => takeState(task, changes, answer, isFirst),
    stopped: () => ({ message: afterStop(changes.running, each, given) }),
    signal,
  });
}

/** The events of one reported state, and the end where nothing is left to watch. */
async function takeState(
  { each: { client, mids }, filtered, content }: Task,
  changes: MitigationChanges,
  answer: Answer,
  isFirst: boolean,
): Promise<{ events: WatchEvent[]; status?: ExitStatus }> {
  const asked = mids?.[0];
  if (!answer.ok && answer.code !== '4.04') return { events: [{ event: 'refused', refusal: answer }], status: 1 };
  // Without the status of a mitigation, the ledger would take one that has ended for one that runs.
  if (content !== 'config') await client.reported({ ...answer, filtered }, asked);
  const ledger = await client.read();
  const events = changes.take(answer).map(({ event, ...seen }): WatchEvent => ({
    event,
    mitigation: reportedLine(seen, ledger),
    body: seen.scope,
  }));
  if (!changes.isOver) return { events };
  const isNone = isFirst && !answer.ok;
  const what = isNone ? noneWords(asked) : 'All watched mitigations have ended.';
  events.push({ event: 'end', message: `${what} Next: dots ledger prints what was requested and what became of it.` });
  return { events, status: isNone && asked !== undefined ? 1 : 0 };
}

const noneWords = (mid: number | undefined): string =>
  mid === undefined ? 'The server has no mitigation of this client.' : `The server does not have mid ${mid}.`;

/** What Ctrl-C leaves: the mitigations go on. */
function afterStop(mids: readonly number[], { target }: ClientTarget, given: Arguments): string {
  const [first] = mids;
  if (first === undefined) return 'Stopped. No mitigation was running.';
  const [again, end] = (['watch', 'withdraw'] as const).map((name) => nextCommand(name, target, first, given));
  return `Stopped; mid ${mids.join(', ')} continues at the server. Next: ${again} goes on watching, ${end} ends it.`;
}
