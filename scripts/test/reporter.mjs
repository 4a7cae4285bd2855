import { inspect } from 'node:util';

/** A reporter for `node --test` that writes each event the runner of `npm test` needs as one line of JSON. */
export default async function* reporter(events) {
  for await (const { type, data } of events) {
    const line = lineOf(type, data);
    if (line) yield `${JSON.stringify(line)}\n`;
  }
}

function lineOf(type, data) {
  switch (type) {
    case 'test:start':
      return { type: 'start', name: data.name, nesting: data.nesting };
    case 'test:stdout':
    case 'test:stderr':
      return { type: 'output', text: data.message };
    case 'test:pass':
    case 'test:fail':
      return {
        type: type.slice('test:'.length),
        name: data.name,
        nesting: data.nesting,
        file: data.file,
        suite: data.details.type === 'suite',
        skip: data.skip,
        todo: data.todo,
        ...failureOf(data.details.error),
      };
    default:
      return undefined;
  }
}

/**
 * Why a test failed, as text with its stack; `kind` distinguishes a test that failed by itself from one that contains a
 * failed test.
 */
function failureOf(error) {
  if (!error) return {};
  const cause = error.cause ?? error;
  return {
    kind: error.failureType,
    error: cause instanceof Error ? inspect(cause, { breakLength: 120 }) : String(cause),
  };
}
