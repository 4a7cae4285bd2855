import { DotsError } from '#dots/model/errors';
import type { Connect, Connection } from './connection';

/**
 * Connections that several documents share, until `close`: one for each server, client and credentials. One that failed
 * is opened again for the next document.
 */
export function sharedConnections(connect: Connect): { connect: Connect; close(): Promise<void> } {
  const open = new Map<string, Connection>();
  const end = async (key: string, connection: Connection): Promise<void> => {
    if (open.get(key) === connection) open.delete(key);
    await connection.close();
  };
  return {
    connect: (target, opening) => {
      const { server, cuid, credentialFiles } = target;
      const key = JSON.stringify([server, cuid, Object.entries(credentialFiles).sort()]);
      const connection = open.get(key) ?? connect(target, opening);
      open.set(key, connection);
      return {
        ...connection,
        ask: (asking) =>
          connection.ask(asking).catch(async (error: unknown) => {
            if (error instanceof DotsError && error.kind === 'unreachable') await end(key, connection);
            throw error;
          }),
        close: () => Promise.resolve(),
      };
    },
    close: async () => {
      await Promise.all([...open].map(([key, connection]) => end(key, connection)));
    },
  };
}
