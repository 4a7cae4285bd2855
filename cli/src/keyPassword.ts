import { askSecret } from './io';

/** The passwords that were asked for, by the path of the key: each is asked for once in a run. */
const asked = new Map<string, Promise<string | undefined>>();

/** Asks for the password of an encrypted private key; absent where the input is not a terminal. */
export const askKeyPassword = askSecret && askedOnce(askSecret);

function askedOnce(ask: NonNullable<typeof askSecret>): (key: string) => Promise<string | undefined> {
  return (key) => {
    const password = asked.get(key) ?? ask(`Password of the private key ${key}: `);
    asked.set(key, password);
    return password;
  };
}
