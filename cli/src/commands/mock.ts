import { resolve } from 'node:path';
import { safeJson } from '#dots/model/text';
import { readPsk } from '#dots/transport/certificates/credentialFiles';
import { UsageError, wholeNumber, type Command, type ExitStatus, type Arguments } from '../command';
import type { Io } from '../io';

/** `dots mock`: the orchestrator, until it is terminated. */
export const mock: Command = {
  name: 'mock',
  summary: 'Run the mock orchestrator: a DOTS server that stores mitigations and simulates their course.',
  usage: '[--host 127.0.0.1] [--signal-port N] [--secure-port N] [--data-port N] [--state DIR]',
  options: [
    { name: 'host', value: 'ADDRESS', preset: '127.0.0.1', description: 'The loopback address to listen on.' },
    {
      name: 'signal-port',
      value: 'N',
      preset: '0',
      description: 'The port of the plain signal channel (coap); 0 selects a free one.',
    },
    {
      name: 'secure-port',
      value: 'N',
      preset: '0',
      description: 'The port of the secure signal channel, for DTLS and TLS (coaps, coaps+tcp); 0 selects a free one.',
    },
    { name: 'data-port', value: 'N', preset: '0', description: 'The port of the data channel; 0 selects a free one.' },
    { name: 'state', value: 'DIR', description: 'The folder for its state; if absent, the state is lost on exit.' },
    {
      name: 'psk-identity',
      value: 'ID',
      description: 'An identity that may use a pre-shared key instead of a certificate.',
    },
    { name: 'psk-key-file', value: 'FILE', description: 'The file with that key.' },
    {
      name: 'format',
      value: 'FORMAT',
      choices: ['json'],
      preset: 'json',
      description: 'The ready line is always JSON.',
    },
  ],
  details: [
    'When it is ready it prints one line of JSON: event is "ready"; signal, coaps, coapsTcp and data are its addresses; ca, cert and key are files. Its log goes to standard error.',
    'The files are those of a client for the secure channels, issued by a lab CA that is created at the first start and stored in DIR/lab; without --state it is removed on exit.',
    'coaps is missing from that line if the DTLS module was not built; standard error reports that.',
    'It listens on loopback only. SIGTERM or SIGINT terminates it.',
  ],
  examples: ['dots mock', 'dots mock --signal-port 4646 --state .dots/state'],
  run: runMock,
};

async function runMock(given: Arguments, io: Io): Promise<ExitStatus> {
  if (given.paths.length > 0)
    throw new UsageError(`dots mock accepts no file: "${given.paths[0] ?? ''}".`, 'See dots mock --help.');
  const stopped = io.stopped();
  // Loaded here, because dots validate does not need it and must start fast.
  const { Orchestrator } = await import('#dots/orchestrator/orchestrator');
  const orchestrator = await Orchestrator.start({
    host: given.option('host'),
    stateDir: given.option('state'),
    log: (line) => io.say(`${new Date().toISOString()} ${line}`),
    securePort: wholeNumber('secure-port', given.option('secure-port'), 0, 65535),
    psk: await pskOf(given),
    signalPort: wholeNumber('signal-port', given.option('signal-port'), 0, 65535),
    dataPort: wholeNumber('data-port', given.option('data-port'), 0, 65535),
  });
  const { signal, coaps, coapsTcp, data, ca, cert, key } = orchestrator;
  await io.out(
    `${safeJson({ event: 'ready', signal, coaps, coapsTcp, data, ca: resolve(ca), cert: resolve(cert), key: resolve(key) })}\n`,
  );
  await stopped;
  await orchestrator.close();
  return 0;
}

/** The key of the only known identity. Throws UsageError if only one of the two options is present. */
async function pskOf(given: Arguments): Promise<((identity: string) => Uint8Array | undefined) | undefined> {
  const [known, file] = [given.option('psk-identity'), given.option('psk-key-file')];
  if (known === undefined && file === undefined) return undefined;
  if (known === undefined || file === undefined)
    throw new UsageError(
      'A pre-shared key needs its identity and its file.',
      'Name both: --psk-identity and --psk-key-file.',
    );
  const key = await readPsk(file);
  return (identity) => (identity === known ? key : undefined);
}
