import './lib/require-node.mjs';

const { runMain } = await import('./lib/problem.mjs');
const { start } = await import('./host/start.mjs');

await runMain(start);
