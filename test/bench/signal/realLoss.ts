import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { SignalSession } from '#dots/signal/session';
import { readCredentials } from '#dots/transport/certificates/credentialFiles';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';
import { LossyRelay } from '../../support/lossyRelay';
import { startLibcoap, startOurs, type LabFiles } from '../transport/peers';
import { report, rounded } from './report';

const losses = [0.1, 0.3, 0.5];
const requests = 20;
const patienceMs = 60_000;

/**
 * The same in real time, handshake included, with libcoap's server behind a relay that loses datagrams: this client
 * beside coap-client, whose request is confirmable, because it sends others once only.
 */
export async function lossInRealTime(): Promise<void> {
  const { files, process: lab } = await startOurs();
  const libcoap = await startLibcoap(files);
  const credentials = await readCredentials('', { ca: files.ca, cert: files.cert, key: files.key });
  try {
    for (const loss of losses) {
      const relay = await LossyRelay.open({ address: '127.0.0.1', port: libcoap.port }, { seed: 9132, loss });
      const each = (ask: () => Promise<boolean>): Promise<boolean[]> =>
        Promise.all(Array.from({ length: requests }, ask));
      const ours = await each(() => isAnswered(relay.port, credentials));
      const theirs = await each(() => answersCoapClient(relay.port, files));
      await relay.close();
      const share = (outcomes: boolean[]): number => rounded(outcomes.filter(Boolean).length / requests);
      report('loss-in-real-time', share(ours) >= share(theirs), {
        lossEachWay: loss,
        requests,
        withinSeconds: patienceMs / 1000,
        oursAnswered: share(ours),
        coapClientAnswered: share(theirs),
      });
    }
  } finally {
    libcoap.process.kill();
    lab.disconnect();
  }
}

async function isAnswered(port: number, credentials: ClientCredentials): Promise<boolean> {
  const end = performance.now() + patienceMs;
  try {
    const server = `coaps://127.0.0.1:${port}`;
    const session = await SignalSession.open({ server, cuid: 'bench', credentials, timeoutMs: patienceMs });
    const asked = session.status(1, { timeoutMs: Math.max(0, end - performance.now()) });
    return await asked
      .then(
        () => true,
        () => false,
      )
      .finally(() => session.close());
  } catch {
    return false;
  }
}

/** What coap-server answers; warnings are printed to standard output as well. */
const theTime = /^\w{3} \d\d \d\d:\d\d:\d\d$/m;

async function answersCoapClient(port: number, { cert, key, ca }: LabFiles): Promise<boolean> {
  const wait = String(patienceMs / 1000);
  const words = ['-B', wait, '-c', cert, '-j', key, '-C', ca, '-m', 'get', `coaps://127.0.0.1:${port}/time`];
  const child = spawn('coap-client-openssl', words, { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.on('data', (part: Buffer) => {
    said += part.toString();
  });
  await once(child, 'close');
  return theTime.test(said);
}
