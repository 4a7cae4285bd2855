/** A program of its own, which runs in worker threads: it makes the text of previews. */
import { parentPort } from 'node:worker_threads';
import { previewText, type PreviewRequest } from '../flowspec/previewText';

parentPort?.on('message', (request: PreviewRequest) => parentPort?.postMessage(previewText(request)));
