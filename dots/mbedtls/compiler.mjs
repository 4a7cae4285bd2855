import { parentPort, workerData } from 'node:worker_threads';
import { runClang } from '@yowasp/clang';

// Loads the compiler, which otherwise prints that on stdout.
const ready = runClang(null, {}, { fetchProgress: () => {} });

/**
 * Runs clang on one job: `args`, `files` beside those of all jobs, and `outputs`, which of its files to send back under
 * which names.
 */
async function compile({ args, files = {}, outputs }) {
  const words = [];
  const listen = (bytes) => {
    if (bytes) words.push(Buffer.from(bytes));
  };
  try {
    await ready;
    const made = await runClang(
      args,
      { ...workerData, ...files },
      { stdout: listen, stderr: listen, decodeASCII: false },
    );
    parentPort.postMessage({
      outputs: Object.fromEntries(Object.entries(outputs).map(([name, title]) => [title, made[name]])),
    });
  } catch (error) {
    parentPort.postMessage({ failure: Buffer.concat(words).toString() || error.message });
  }
}

parentPort.on('message', compile);
