import { refuse } from './refusal';

/** The nodes that a GET asks for: all, those that a client configures, or those that change by themselves. */
export type ContentQuery = 'a' | 'c' | 'n';

/** The value of the query parameter `c`: RFC 9132 section 4.4.2. Throws a Refusal (4.00) for another one. */
export function contentQuery(query: readonly string[]): ContentQuery {
  const value = query.find((argument) => argument.startsWith('c='))?.slice(2) ?? 'a';
  if (value === 'a' || value === 'c' || value === 'n') return value;
  throw refuse('4.00', 'The value of the query parameter "c" must be c, n or a.', '9132 4.4.2');
}
