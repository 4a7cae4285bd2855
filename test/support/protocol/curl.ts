import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import type { Orchestrator, OrchestratorOptions } from '#dots/orchestrator/orchestrator';
import { needTool } from '../tools';
import { cuid } from './dataScene';
import { run, startOrchestrator } from './scene';

export const tree = '/restconf/data/ietf-dots-data-channel:dots-data';
export const client = `${tree}/dots-client=${cuid}`;
export const member = (name: string): string => `ietf-dots-data-channel:${name}`;
export const registration: JsonObject = { [member('dots-client')]: [{ cuid }] };

export interface Curl {
  status: number;
  headers: string;
  body: JsonObject;
  text: string;
  exit: number | null;
  stderr: string;
}
export type Ask = (method: string, path: string, body?: JsonObject | string, ...more: string[]) => Promise<Curl>;

/** Asks with curl; `body` of the answer is empty where it is no JSON. */
export async function curl(
  base: string,
  credentials: string[],
  [method, path, body, ...more]: Parameters<Ask>,
): Promise<Curl> {
  const type = more.some((word) => word.startsWith('Content-Type:'))
    ? []
    : ['-H', 'Content-Type: application/yang-data+json'];
  const data =
    body === undefined ? [] : [...type, '--data-binary', typeof body === 'string' ? body : JSON.stringify(body)];
  const {
    status: exit,
    stdout,
    stderr,
  } = await run('curl', ['-sS', '-i', '--path-as-is', ...credentials, '-X', method, ...data, ...more, base + path]);
  const [headers = '', ...rest] = stdout.toString().split('\r\n\r\n');
  const text = rest.join('\r\n\r\n');
  return {
    exit,
    stderr,
    headers,
    text,
    status: Number(headers.split(' ')[1]),
    body: text.startsWith('{') ? (JSON.parse(text) as JsonObject) : {},
  };
}

/** curl with the certificate of the lab of an orchestrator. */
export const askerOf =
  ({ data, ca, cert, key }: Orchestrator): Ask =>
  (...words) =>
    curl(data, ['--cacert', ca, '--cert', cert, '--key', key], words);

/** curl with the certificate of the lab, towards an orchestrator where the client is registered. */
export async function curlScene(
  t: TestContext,
  options: OrchestratorOptions = {},
): Promise<{ ask: Ask; orchestrator: Orchestrator } | undefined> {
  if (!needTool(t, 'curl', 'curl')) return undefined;
  const orchestrator = await startOrchestrator(t, options);
  const ask = askerOf(orchestrator);
  const { status } = await ask('POST', tree, registration);
  assert.equal(status, 201);
  return { ask, orchestrator };
}

/** The value of a header field of an answer. */
export const headerOf = ({ headers }: Curl, name: string): string | undefined =>
  new RegExp(`^${name}: (.*)$`, 'im').exec(headers)?.[1]?.trim();
