import { readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import type { TestContext } from 'node:test';

/** An answer of the data channel. */
export interface RawAnswer {
  status: number | undefined;
  /** The error tag of a refusal. */
  tag: string | undefined;
  text: string;
}

/** Where the data channel is, and the files of a client. */
interface Place {
  data: string;
  ca: string;
  cert: string;
  key: string;
}

type RawRequest = (method: string, path: string, body?: string) => Promise<RawAnswer>;

/** Sends what the DOTS client never would; the path begins below the data tree. */
export function rawData(t: TestContext, { data, ...files }: Place): RawRequest {
  const [ca, cert, key] = [files.ca, files.cert, files.key].map((file) => readFileSync(file));
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const url = `${data}/restconf/data/ietf-dots-data-channel:dots-data${path}`;
      const headers = { 'content-type': 'application/yang-data+json' };
      const request = httpsRequest(url, { method, headers, ca, cert, key, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => resolve({ status: response.statusCode, tag: tagIn(text), text }));
      });
      t.after(() => request.destroy());
      request.on('error', reject);
      request.end(body);
    });
}

function tagIn(text: string): string | undefined {
  const { 'ietf-restconf:errors': errors } = JSON.parse(text || '{}') as {
    'ietf-restconf:errors'?: { error: { 'error-tag': string }[] };
  };
  return errors?.error[0]?.['error-tag'];
}
