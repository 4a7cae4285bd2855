import type { Socket } from 'node:net';
import { mayHaveMore } from '../state/clientQuota';

/** Connections that are not authenticated yet, more than clients open at the same moment. */
const guestsAtOnce = 64;

/** Connections of one client, more than it needs, and of all. */
const [connectionsPerClient, connectionsInAll] = [64, 1024];

/**
 * The TCP connections of a server. One that is not authenticated yet takes nothing from those that are: where there are
 * too many of them, the oldest makes way for the next one. A client has a limited number of connections.
 */
export class Connections {
  /** The oldest first, by the address of the other end. */
  private readonly guests = new Map<string, Socket>();
  private readonly members = new Map<unknown, number>();
  private total = 0;

  /** A connection that is not authenticated yet. */
  greet(socket: Socket): void {
    const key = keyOf(socket);
    this.guests.set(key, socket);
    if (this.guests.size > guestsAtOnce) this.sendOldestAway();
    socket.once('close', () => {
      if (this.guests.get(key) === socket) this.guests.delete(key);
    });
  }

  /** A connection is authenticated: whether its client may have it. */
  admit(socket: Socket, client: unknown): boolean {
    this.guests.delete(keyOf(socket));
    const own = this.members.get(client) ?? 0;
    if (own >= connectionsPerClient || !mayHaveMore(own, this.total, connectionsInAll)) return false;
    this.count(client, 1);
    socket.once('close', () => this.count(client, -1));
    return true;
  }

  private sendOldestAway(): void {
    const [oldest] = this.guests;
    if (oldest === undefined) return;
    this.guests.delete(oldest[0]);
    oldest[1].destroy();
  }

  private count(client: unknown, change: 1 | -1): void {
    this.total += change;
    this.members.set(client, (this.members.get(client) ?? 0) + change);
    if (this.members.get(client) === 0) this.members.delete(client);
  }
}

const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
