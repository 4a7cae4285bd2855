import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test, type TestContext } from 'node:test';
import { folder } from '../../support/dots';
import { root } from '../../support/shared';

interface Gate {
  authority: string;
  close: () => void;
}

/** A server behind a gate: it echoes bodies, and after an upgrade every byte. */
async function scene(t: TestContext): Promise<Gate & { asked: string[] }> {
  const socketPath = join(folder(t), 'socket');
  const asked: string[] = [];
  const server: Server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url} ${incoming.headers.host}`);
    response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'], 'x-seen': incoming.headers.cookie ?? '' });
    incoming.pipe(response);
  });
  server.on('upgrade', (incoming: IncomingMessage, socket, first: Buffer) => {
    asked.push(`upgrade ${incoming.url}`);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    socket.write(first);
    socket.pipe(socket);
  });
  server.listen(socketPath);
  await once(server, 'listening');
  const { openGate } = (await import(pathToFileURL(join(root, 'scripts/host/gate.mjs')).href)) as {
    openGate: (path: string) => Promise<Gate>;
  };
  const gate = await openGate(socketPath);
  t.after(() => {
    gate.close();
    server.close();
    server.closeAllConnections();
  });
  return { ...gate, asked };
}

/** Asks the gate; `headers` may name any host and origin. */
async function ask(
  authority: string,
  {
    method = 'GET',
    body = '',
    headers = {},
  }: { method?: string; body?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number | undefined; text: string; headers: IncomingMessage['headers'] }> {
  const asking = request(`http://${authority}/path?query`, { method, headers, agent: false });
  asking.end(body);
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  let text = '';
  for await (const part of response) text += String(part);
  return { status: response.statusCode, text, headers: response.headers };
}

/** Opens a WebSocket by hand, says something and returns all that comes back, up to `until`. */
async function upgrade(authority: string, lines: string[], until: string): Promise<string> {
  const [host = '', port = ''] = authority.split(':');
  const socket = connect(Number(port), host);
  socket.write(['GET /ws HTTP/1.1', ...lines, 'Connection: Upgrade', 'Upgrade: websocket', '', 'hello'].join('\r\n'));
  let text = '';
  for await (const part of socket) {
    text += String(part);
    if (text.includes(until)) break;
  }
  socket.destroy();
  return text;
}

test('pages of the server itself are let through, with their bodies, cookies and WebSockets', async (t) => {
  const { authority, asked } = await scene(t);
  const plain = await ask(authority, { headers: { cookie: 'c=3', 'sec-fetch-site': 'none' } });
  assert.deepEqual([plain.status, plain.headers['set-cookie'], plain.headers['x-seen']], [200, ['a=1', 'b=2'], 'c=3']);
  const posted = await ask(authority, {
    method: 'POST',
    body: 'body',
    headers: { origin: `http://${authority}`, 'sec-fetch-site': 'same-origin' },
  });
  assert.equal(posted.text, 'body');
  assert.match(await upgrade(authority, [`Host: ${authority}`], 'hello'), /^HTTP\/1\.1 101 [^]*hello$/);
  assert.match(
    await upgrade(authority, [`Host: ${authority}`, `Origin: http://${authority}`], 'hello'),
    /^HTTP\/1\.1 101 [^]*hello$/,
  );
  assert.deepEqual(asked, [
    `GET /path?query ${authority}`,
    `POST /path?query ${authority}`,
    'upgrade /ws',
    'upgrade /ws',
  ]);
});

test('a page of another origin, and a name that was made to lead here, reach nothing', async (t) => {
  const { authority, asked } = await scene(t);
  const port = authority.split(':')[1] ?? '';
  for (const headers of [
    { origin: 'https://example.com' },
    { origin: 'null' },
    { origin: `https://${authority}` },
    { origin: `http://localhost:${port}` },
    { host: `rebound.example.com:${port}` },
    { host: 'rebound.example.com' },
    { host: `localhost:${port}` },
    { host: '127.0.0.1' },
    { host: `${authority}.` },
    { host: `user@${authority}` },
    { host: `[::ffff:127.0.0.1]:${port}` },
    { origin: '' },
    { origin: `http://${authority}/` },
    { origin: `http://${authority}.` },
    { origin: `http://${authority}, null` },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ] as Record<string, string>[]) {
    const { status, text } = await ask(authority, { headers });
    assert.equal(status, 403, JSON.stringify(headers));
    assert.match(text, /This server is|A page of another origin/);
    const lines = Object.entries({ host: authority, ...headers }).map(([name, value]) => `${name}: ${value}`);
    assert.match(await upgrade(authority, lines, '.'), /^HTTP\/1\.1 403 Forbidden/);
  }
  assert.deepEqual(asked, []);
});
