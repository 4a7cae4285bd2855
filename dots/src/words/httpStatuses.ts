/** What an HTTP status of the data channel means, and what to do about it. */
export interface StatusWords {
  /** The reason phrase, e.g. `Created`. */
  name: string;
  /** One sentence: what it means here. */
  meaning: string;
  /** One sentence: what to do next. */
  next: string;
}

const installed = 'If the server is the embedded orchestrator, the DOTS view shows its activation and statistics.';
const corrected = 'Fix what the server names, then install it again.';

/** The statuses of a DOTS data channel (RFC 8783 sections 5 to 7, RFC 8040 section 7). */
const statuses: Readonly<Record<number, readonly [name: string, meaning: string, next: string]>> = {
  200: ['OK', 'The server returned the requested data.', 'Nothing to do.'],
  201: ['Created', 'The server accepted the document and stored it.', installed],
  204: ['No Content', 'The server accepted the change.', installed],
  400: ['Bad Request', 'The server found the document invalid.', corrected],
  401: [
    'Unauthorized',
    'The server does not know this client.',
    'Ask the operator of the server to accept its certificate.',
  ],
  403: [
    'Forbidden',
    'The server does not allow this client to do this: another certificate has registered its cuid.',
    'Use the certificate that registered it.',
  ],
  404: ['Not Found', 'The server has no resource at this path.', 'Check that this server has a DOTS data channel.'],
  405: ['Method Not Allowed', 'The resource does not support this method.', 'Check the kind of the document.'],
  409: [
    'Conflict',
    'The name is already in use, or a filter of another client conflicts.',
    'Change what the server names.',
  ],
  412: [
    'Precondition Failed',
    'The entry on the server is no longer the one that was read.',
    'Repeat this to see what is there now.',
  ],
  413: ['Content Too Large', 'The document is larger than the server accepts.', 'Split it.'],
  415: [
    'Unsupported Media Type',
    'The server does not accept application/yang-data+json at this path.',
    'Check that this server has a DOTS data channel.',
  ],
  500: ['Internal Server Error', 'The server failed while it processed the request.', 'Send again later.'],
  503: ['Service Unavailable', 'The server cannot do this now.', 'Send again later.'],
};

/** The text for a status; one that the data channel does not list has the text of its class. */
export function httpStatusWords(status: number): StatusWords {
  const [name, meaning, next] = statuses[status] ?? [
    status < 300 ? 'Success' : 'Failure',
    status < 300 ? 'The server accepted the request.' : 'The server refused the request.',
    status < 300 ? 'Nothing to do.' : corrected,
  ];
  return { name, meaning, next };
}
