import { DotsError } from '#dots/model/errors';
import { documentRequest } from '#dots/signal/documentRequest';
import { largestId } from '#dots/signal/identifiers';
import { plural } from '#dots/words/quantities';
import { sizeIn } from '#dots/dotsClient/requestSize';
import type { SettledTarget } from '../settledTarget';
import type { OwnDocument } from './documents';
import { checked, type Check } from './report';

/** Whether each mitigation request fits in one datagram to its server: RFC 9132 section 7.3. */
export function datagramCheck(documents: readonly OwnDocument[], { server, cuid }: SettledTarget): Check[] {
  const requests = documents.filter(({ kind }) => kind === 'mitigation-scope');
  const large = requests.flatMap(({ file, value, mid = largestId }) => {
    const size = attempt(() => sizeIn(documentRequest(value, { cuid, id: mid }), server));
    return size === undefined || size.fits ? [] : [`${file}: ${size.message} octets, of ${size.limit ?? 0}`];
  });
  if (requests.length === 0) return [];
  return [
    large.length === 0
      ? checked('datagram limit', 'ok', `${plural(requests.length, 'mitigation request')} within one datagram each.`)
      : checked('datagram limit', 'not-ready', 'A mitigation request must fit in one datagram.', {
          details: large,
          todo: ['Split its targets over several requests, or define an alias in peacetime and name it.'],
        }),
  ];
}

/** A document without a CBOR form has errors, which are reported as such. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof DotsError) return undefined;
    throw error;
  }
}
