import { Worker } from 'node:worker_threads';
import type { PreviewRequest } from './previewText';

/** A preview, and the request that it answers. */
export interface PreviewAnswer {
  request: PreviewRequest;
  /** undefined: the document is not valid JSON. */
  text: string | undefined;
}

/** A preview that is being made, or was interrupted and awaits the next request. */
interface Job {
  request: PreviewRequest;
  resolve(answer: PreviewAnswer | Promise<PreviewAnswer>): void;
  reject(error: Error): void;
}

/** One preview: its worker thread while it has one, and the job of it. */
interface Preview {
  worker?: Worker;
  job?: Job;
}

/**
 * Makes previews in worker threads, one for each document: long ACLs take seconds, and the extension host also runs
 * sessions and the orchestrator.
 */
export class PreviewWorkers {
  private readonly previews = new Map<string, Preview>();

  /** `module`: the path of the bundle that the threads run. */
  constructor(private readonly module: string) {}

  /**
   * The preview of a document. A request that a later one of the same document overtakes has the answer of that
   * one. Rejects if the thread ends, for example because it has no more memory.
   */
  answer(document: string, request: PreviewRequest): Promise<PreviewAnswer> {
    this.interrupt(document);
    const preview = this.previews.get(document) ?? {};
    this.previews.set(document, preview);
    const overtaken = preview.job;
    const answer = new Promise<PreviewAnswer>((resolve, reject) => {
      preview.job = { request, resolve, reject };
    });
    overtaken?.resolve(answer);
    preview.worker ??= this.start(preview);
    preview.worker.postMessage(request);
    return answer;
  }

  /** Stops the work on a preview, because its document has changed: the next request answers instead. */
  interrupt(document: string): void {
    const preview = this.previews.get(document);
    if (preview?.job !== undefined) stop(preview);
  }

  /** Ends the thread of a document whose preview is closed. */
  forget(document: string): void {
    const preview = this.previews.get(document);
    if (preview !== undefined) stop(preview);
    this.previews.delete(document);
  }

  dispose(): void {
    for (const document of [...this.previews.keys()]) this.forget(document);
  }

  private start(preview: Preview): Worker {
    const worker = new Worker(this.module);
    // It must not keep the extension host from ending.
    worker.unref();
    const settle = (end: (job: Job) => void): void => {
      const { job } = preview;
      if (preview.worker !== worker || job === undefined) return;
      delete preview.job;
      end(job);
    };
    worker.on('message', (text: string | undefined) => settle(({ request, resolve }) => resolve({ request, text })));
    worker.on('error', (error) => {
      settle(({ reject }) => reject(error));
      if (preview.worker === worker) delete preview.worker;
    });
    return worker;
  }
}

function stop(preview: Preview): void {
  void preview.worker?.terminate();
  delete preview.worker;
}
