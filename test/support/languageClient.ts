/** What the extension has of the LSP client (client/src/bundles/language.ts), its server in the hands of the test. */
import type { DocumentState } from '#contract';

type Handler = (params: never) => void;

/** The messages between the two, and what the server answers; a test empties or fills it. */
export const server = {
  /** The methods of the requests that came, in order. */
  requests: [] as string[],
  /** The methods and parameters of the notifications that came. */
  notifications: [] as [string, unknown][],
  answers: {} as Record<string, () => unknown>,
  initialized: undefined as unknown,
  handlers: new Map<string, Handler>(),
  /** Reports that the client is in another state. */
  state: ((): void => undefined) as (state: { newState: number }) => void,
  /** Pushes a state to the editor. */
  push(state: DocumentState): void {
    server.handlers.get('dots/documentState')?.(state as never);
  },
};

export const State = { Stopped: 1, Running: 2 };

const uris = { asUri: (uri: { toString(): string }): unknown => uri };

/** A client that is running at once. */
export function createClient({ initializationOptions }: { initializationOptions: () => object }): object {
  return {
    code2ProtocolConverter: { asUri: (uri: object) => String(uri) },
    protocol2CodeConverter: uris,
    onNotification: (method: string, handler: Handler) => {
      server.handlers.set(method, handler);
      return { dispose: () => undefined };
    },
    onDidChangeState: (listener: typeof server.state) => {
      server.state = listener;
      return { dispose: () => undefined };
    },
    start: () => {
      server.initialized = initializationOptions();
      return Promise.resolve();
    },
    stop: () => Promise.resolve(),
    isRunning: () => true,
    sendRequest: (method: string) => {
      server.requests.push(method);
      return Promise.resolve(server.answers[method]?.());
    },
    sendNotification: (method: string, params: unknown) => {
      server.notifications.push([method, params]);
      return Promise.resolve();
    },
  };
}
