import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';

/**
 * How a browser marks what a page of another origin loads, frames or leads to (Fetch Metadata): such requests have no
 * Origin, and from another port of this machine they bring the cookie.
 */
const foreignSites = ['cross-site', 'same-site'];

/** Why a request does not come from a page of this very server; undefined where it does. */
function objectionTo({ headers }, authority) {
  if (headers.host !== authority) return `This server is ${authority}, and nothing else.`;
  const { origin, 'sec-fetch-site': site } = headers;
  const isForeign = origin !== undefined && origin !== `http://${authority}`;
  return isForeign || foreignSites.includes(site) ? 'A page of another origin may not ask this server.' : undefined;
}

/** A request as it goes on: what it was, head and all. */
function headOf({ method, url, rawHeaders }) {
  const lines = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : []));
  return [`${method} ${url} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}

function passRequest(socketPath, incoming, response) {
  const { method, url, headers } = incoming;
  const passed = request({ socketPath, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.rawHeaders);
    answer.pipe(response);
  });
  passed.on('error', () => response.destroy());
  response.on('close', () => passed.destroy());
  incoming.pipe(passed);
}

function passUpgrade(socketPath, incoming, socket, first) {
  const passed = connect(socketPath, () => {
    passed.write(headOf(incoming));
    passed.write(first);
    socket.pipe(passed).pipe(socket);
  });
  for (const [one, other] of [
    [socket, passed],
    [passed, socket],
  ])
    one.on('error', () => other.destroy()).on('close', () => other.destroy());
}

function refuse(socket, words) {
  socket.on('error', () => {});
  socket.end(
    `HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: ${words.length}\r\nConnection: close\r\n\r\n${words}`,
  );
}

/**
 * Opens a loopback port in front of a server that listens on the socket `socketPath`. It lets requests and WebSockets
 * through that name this port as their Host and come from a page of it: neither a page of another origin, nor one whose
 * name was made to lead here (DNS rebinding), reaches the server. Returns `{ authority, close() }`.
 */
export async function openGate(socketPath) {
  let authority;
  const gate = createServer((incoming, response) => {
    const objection = objectionTo(incoming, authority);
    if (objection === undefined) passRequest(socketPath, incoming, response);
    else response.writeHead(403, { 'content-type': 'text/plain', connection: 'close' }).end(objection);
  });
  gate.on('upgrade', (incoming, socket, first) => {
    const objection = objectionTo(incoming, authority);
    if (objection === undefined) passUpgrade(socketPath, incoming, socket, first);
    else refuse(socket, objection);
  });
  gate.listen(0, '127.0.0.1');
  await once(gate, 'listening');
  authority = `127.0.0.1:${gate.address().port}`;
  return {
    authority,
    close: () => {
      gate.close();
      gate.closeAllConnections();
    },
  };
}
