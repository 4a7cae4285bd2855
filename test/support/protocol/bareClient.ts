import type { TestContext } from 'node:test';
import { Endpoint, type CoapResponse } from '#dots/coap/endpoint';
import { dotsCbor } from '#dots/coap/messages/options';
import type { CoapRequest } from '#dots/coap/request';
import { parseServer } from '#dots/transport/address';
import { connectUdp } from '#dots/transport/udp';

const patience = { timeoutMs: 10_000 };

/** A request as a bare client sends it; the path begins below /.well-known/dots. */
export type BareRequest = Partial<CoapRequest> & { path: string[] };

/** A bare CoAP client that ends with the test: it can send what the DOTS client never would. */
export async function bareClient(
  t: TestContext,
  server: string,
): Promise<(request: BareRequest) => Promise<CoapResponse>> {
  const endpoint = new Endpoint(await connectUdp(parseServer(server)));
  t.after(() => endpoint.close());
  return ({ path, ...more }) =>
    endpoint.request({ method: 'GET', confirmable: true, ...more, path: ['.well-known', 'dots', ...path] }, patience);
}

/** A PUT of a DOTS body. */
export const put = (path: string[], payload: Uint8Array): BareRequest => ({
  method: 'PUT',
  path,
  payload,
  contentFormat: dotsCbor,
});

/** The diagnostic payload of an answer. */
export const textOf = (response: CoapResponse): string => Buffer.from(response.payload).toString();
