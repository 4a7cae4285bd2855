import { randomBytes } from 'node:crypto';
import { createServer, connect, type Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { PrivateFolder } from './privateFolder';
import { socketPlace, type SocketPlace } from './socketPlace';

/**
 * The files of a lock: `lock.1`, `lock.2` ... name its owners, the last one counts; each owner listens on a socket
 * beside them.
 */
export const lockNames = /^lock(\.\d+|-[0-9a-f]{16}(\.new)?)$/;

/** Between two attempts to take a lock, milliseconds. */
const pauseMs = 50;

/** The content of a lock file. */
interface Owner {
  number: number;
  pid: number;
  socket: string | undefined;
}

/** Another process uses the folder. */
export class FolderInUse extends Error {
  constructor(readonly pid: number) {
    super(`Process ${pid} uses the folder.`);
    this.name = 'FolderInUse';
  }
}

/**
 * A lock that one process has on a folder, and that ends with it, however it ends. The owner listens on a socket, which
 * the kernel closes with the process; a process that requests the lock connects to it. The socket is ready before a
 * lock file names it, lock files are made by a link, which exactly one of two processes succeeds in, and their numbers
 * never decrease, so that no process removes another lock than the one that it has seen end.
 */
export class FolderLock {
  private constructor(private readonly socket: Socket) {}

  /**
   * Takes the lock. Throws FolderInUse where another process, or this one, still has it after `patienceMs`
   * milliseconds: an owner that is ending needs a moment. Throws errors of the file system.
   */
  static async take(folder: PrivateFolder, patienceMs = 0): Promise<FolderLock> {
    for (let left = patienceMs; ; left -= pauseMs) {
      try {
        return await FolderLock.tryToTake(folder);
      } catch (error) {
        if (!(error instanceof FolderInUse) || left <= 0) throw error;
        await pause(pauseMs);
      }
    }
  }

  private static async tryToTake(folder: PrivateFolder): Promise<FolderLock> {
    await refuseLiving(folder, await newest(folder));
    const socket = await Socket.listen(folder);
    try {
      await claim(folder, socket);
      return new FolderLock(socket);
    } catch (error) {
      await socket.close();
      throw error;
    }
  }

  /** Frees the folder for others. */
  async release(): Promise<void> {
    await this.socket.close();
  }
}

async function claim(folder: PrivateFolder, socket: Socket): Promise<void> {
  for (;;) {
    const last = await newest(folder);
    await refuseLiving(folder, last);
    const number = (last?.number ?? 0) + 1;
    if (!(await makeLockFile(folder, number, socket.name))) continue;
    // Another process may have seen a later one end meanwhile, and removed this number.
    if ((await newest(folder))?.number === number) return removeBelow(folder, number);
    await folder.remove(`lock.${number}`);
  }
}

/** False where another process was faster. */
async function makeLockFile(folder: PrivateFolder, number: number, socket: string): Promise<boolean> {
  const draft = `${socket}.new`;
  await folder.write(draft, `${process.pid} ${socket}\n`);
  try {
    return await folder.link(draft, `lock.${number}`);
  } finally {
    await folder.remove(draft);
  }
}

async function newest(folder: PrivateFolder): Promise<Owner | undefined> {
  const [number] = await numbersOf(folder);
  return number === undefined ? undefined : ownerOf(folder, number);
}

/**
 * An owner without a socket never ran: its file was cut off by a crash of the machine, or is removed meanwhile.
 */
async function ownerOf(folder: PrivateFolder, number: number): Promise<Owner> {
  const text = (await folder.read(`lock.${number}`)) ?? '';
  const [, pid = '0', socket] = /^(\d+) (lock-[0-9a-f]{16})\n$/.exec(text) ?? [];
  return { number, pid: Number(pid), socket };
}

/** The numbers of the lock files, the highest first. */
async function numbersOf(folder: PrivateFolder): Promise<number[]> {
  const names = await folder.names();
  return names
    .flatMap((name) => /^lock\.(\d{1,15})$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a);
}

async function removeBelow(folder: PrivateFolder, number: number): Promise<void> {
  for (const older of (await numbersOf(folder)).filter((each) => each < number)) {
    const { socket } = await ownerOf(folder, older);
    if (socket !== undefined) await folder.remove(socket);
    await folder.remove(`lock.${older}`);
  }
}

async function refuseLiving(folder: PrivateFolder, owner: Owner | undefined): Promise<void> {
  if (owner?.socket !== undefined && (await isAlive(folder, owner.socket))) throw new FolderInUse(owner.pid);
}

async function isAlive(folder: PrivateFolder, name: string): Promise<boolean> {
  const place = await placeOf(folder, name);
  try {
    return await answers(place.path);
  } finally {
    await place.close();
  }
}

/**
 * Whether a process listens. Only a refusal and a missing file say that none does: a process that is busy accepts
 * nothing, and lives.
 */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  });
}

function placeOf(folder: PrivateFolder, name: string): Promise<SocketPlace> {
  if (process.platform !== 'win32') return socketPlace(folder.path, name);
  return Promise.resolve({ path: `\\\\.\\pipe\\dots-${name}`, close: () => Promise.resolve() });
}

/** What an owner listens on. */
class Socket {
  private constructor(
    readonly name: string,
    private readonly server: Server,
    private readonly place: SocketPlace,
  ) {}

  static async listen(folder: PrivateFolder): Promise<Socket> {
    const name = `lock-${randomBytes(8).toString('hex')}`;
    const place = await placeOf(folder, name);
    const server = createServer((stranger) => stranger.destroy());
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(place.path, resolve);
      });
    } catch (error) {
      await place.close();
      throw error;
    }
    server.unref();
    return new Socket(name, server, place);
  }

  async close(): Promise<void> {
    await new Promise((resolve) => {
      this.server.close(resolve);
    });
    await this.place.close();
  }
}
