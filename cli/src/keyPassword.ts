import { caller } from './caller';
import { askSecret } from './io';

/** The passwords that were asked for, by the path of the key: each is asked for once in a run. */
const asked = new Map<string, Promise<string | undefined>>();

/** Asks for the password of an encrypted private key; absent where the input is not a terminal. */
export const askKeyPassword = askSecret && askedOnce(askSecret);

function askedOnce(ask: NonNullable<typeof askSecret>): (key: string) => Promise<string | undefined> {
  return (key) => {
    const known = asked.get(key);
    // The user is at another terminal than this process.
    if (known !== undefined || !caller().isThisProcess) return known ?? Promise.resolve(undefined);
    const password = ask(`Password of the private key ${key}: `);
    asked.set(key, password);
    return password;
  };
}
