import { canonical } from '#dots/check/canonical';
import { planOf } from '#dots/check/plan';
import { telemetryQueries } from '#dots/signal/queries';
import { telemetry as resource } from '#dots/signal/resources';
import type { Arguments, Command, ExitStatus } from '../command';
import { refuseForeign, type ForeignOptions } from '../foreignOptions';
import type { Io } from '../io';
import { withOption } from '../mitigationTargets';
import { namedTarget } from '../namedTarget';
import { ownObservation } from '../observing';
import { questionOf, questionOptions } from '../questionOptions';
import { idIn, resourceOptions, runResource, type ResourceActions } from '../resourceRun';
import { telemetryActions } from '../telemetryActions';
import { EventPrinter, type WatchEvent } from '../watchEvents';
import { watchResource, type Watching } from '../watching';

/** `dots telemetry`: DOTS telemetry of this client and of its servers (RFC 9244). */
export const telemetry: Command = {
  name: 'telemetry',
  summary: 'Set up, send, read and watch DOTS telemetry (RFC 9244).',
  usage:
    'setup get [TSID] | setup set FILE|- | setup delete TSID|--all\n       dots telemetry send FILE|- | get [TMID] | delete TMID|--all | watch [TMID]\n       each with --profile NAME [--yes], or --server coaps://... --ca FILE --cert FILE --key FILE',
  actions: { setup: ['get', 'set', 'delete'], send: 'file', get: [], delete: [], watch: [] },
  options: [
    ...resourceOptions({
      yes: 'Also change something on a production server; reading needs no confirmation.',
      mid: 'The tsid or tmid (default: the highest in the ledger plus one).',
    }),
    { name: 'all', description: 'With delete: all of this client.' },
    ...questionOptions,
  ],
  details: [
    'setup is the configuration: percentiles, units, pipes and baselines, one entry for each tsid. Entries with a higher tsid replace overlapping ones. send sends telemetry before or during a mitigation under a tmid, or tells the server for which targets it should report.',
    'get lists what the server has, and the ledger follows. watch prints it, then each change until Ctrl-C. --query selects by targets and sources (RFC 9244 section 8.3), such as target-prefix=192.0.2.0/24.',
    'With --format json there is one object, whose keys are always present; with watch one for each event and line.',
    'Exit status 0: the server accepted. 1: it refused, or the document has errors. 3: it did not answer, or one side was not authenticated.',
  ],
  examples: [
    'dots telemetry setup get --profile upstream',
    'dots telemetry send telemetry.dots.json --profile upstream --yes',
    'dots telemetry watch --query target-protocol=17 --profile upstream',
  ],
  run: runTelemetry,
};

async function runTelemetry(given: Arguments, io: Io): Promise<ExitStatus> {
  const [word, ...words] = given.paths;
  if (word !== 'watch') return runResource({ command: 'telemetry', actions, foreign }, given, io);
  refuseForeign('telemetry', word, given, foreign);
  return watchTelemetry(words, given, io);
}

const foreign: ForeignOptions = [
  ['mid', ['setup set', 'send']],
  ['all', ['setup delete', 'delete']],
  ['query', ['get', 'watch']],
  ['content', ['setup get', 'get', 'watch']],
];

/** `watch` prints events instead of one result; here it is named for the message on an unknown action. */
const actions: ResourceActions = new Map([...telemetryActions, ['watch', () => Promise.resolve()]]);

async function watchTelemetry(words: readonly string[], given: Arguments, io: Io): Promise<ExitStatus> {
  const id = idIn(words, 'tmid');
  const { query } = questionOf(given, telemetryQueries);
  const { target } = await namedTarget(withOption(given, 'yes', ''), io, 'nothing was watched');
  const { server, cuid, profile = null } = target;
  const printer = new EventPrinter(given.option('format') === 'json', io);
  const stop = new AbortController();
  void io.stopped().then(() => stop.abort());
  return watchResource({
    connection: (io.observe ?? ownObservation)(target, { underAttack: false, signal: stop.signal }),
    question: { resource, id, query },
    print: (event) => printer.print({ server, cuid, profile }, event),
    taken: telemetryEvents(),
    stopped: () => ({ message: 'Stopped. Next: dots telemetry get shows what the server has.' }),
    signal: stop.signal,
  });
}

/** The events of one state after the other: what is equal to the state before is none. */
function telemetryEvents(): Watching['taken'] {
  let before: string | undefined;
  return (answer) => {
    if (!answer.ok) return Promise.resolve({ events: [refused(answer)], status: 1 });
    const { body = {} } = answer;
    const text = canonical(body, planOf('telemetry'));
    const isNew = text !== before;
    before = text;
    return Promise.resolve({ events: isNew ? [{ event: 'telemetry', body }] : [] });
  };
}

const refused = (refusal: NonNullable<WatchEvent['refusal']>): WatchEvent => ({
  event: 'refused',
  refusal,
  message:
    refusal.code === '4.04'
      ? 'Next: dots telemetry send FILE tells the server for which targets it should report (RFC 9244 section 8.3).'
      : 'Next: dots telemetry get shows what the server has.',
});
