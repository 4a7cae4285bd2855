import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { Problem } from '../../scripts/lib/problem.mjs';

/** The flags of every C file, and of the link; both count in the key of the cache. */
export const compileFlags = [
  '--target=wasm32-wasip1',
  '-Os',
  '-ffunction-sections',
  '-fdata-sections',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-DMBEDTLS_CONFIG_FILE="dots/config.h"',
  '-I.',
  '-Iinclude',
  '-Ilibrary',
];
/** Replace functions of the library by those of dots/mbedtls/chain.c. */
export const wrapFlags = ['-Wl,--wrap=mbedtls_pk_verify_ext', '-Wl,--wrap=mbedtls_x509_crt_parse_der_nocopy'];
export const linkFlags = [
  '--target=wasm32-wasip1',
  '-mexec-model=reactor',
  '-Wl,--gc-sections',
  '-Wl,--strip-all',
  '-Wl,--fatal-warnings',
  '-Wl,-z,stack-size=131072',
  ...wrapFlags,
];

/**
 * What of the library no configuration for DTLS 1.2 in WebAssembly needs: each file takes its time, even where it comes
 * out empty. A file that is needed after all shows at the link as an undefined symbol.
 */
export const unused = [
  'aesce',
  'aesni',
  'aria',
  'camellia',
  'des',
  'dhm',
  'ecjpake',
  'ecp_curves_new',
  'entropy_poll',
  'hmac_drbg',
  'lmots',
  'lms',
  'md5',
  'memory_buffer_alloc',
  'net_sockets',
  'nist_kw',
  'padlock',
  'pkcs12',
  'pkcs5',
  'pkcs7',
  'ripemd160',
  'sha3',
  'threading',
  'timing',
  'version_features',
  'x509_create',
  'x509_csr',
  'x509write',
  'x509write_crt',
  'x509write_csr',
  /^(psa_|mps_|ssl_tls13_).*\.c$/,
];

const isUnused = (file) => unused.some((name) => (name instanceof RegExp ? name.test(file) : file === `${name}.c`));

/** The files of the library that are compiled, and all headers. */
export const usedOf = (library) => Object.fromEntries(Object.entries(library).filter(([name]) => !isUnused(name)));

// The compiler is 75 MB of WebAssembly, most of which runs seldom: with V8's usual readiness to optimise it, that costs
// more than it gains.
const optimizeLater = '--wasm-tiering-budget=100000000';

/**
 * How many files one call of the compiler takes: finding its way costs it a tenth of a second a call, and progress is
 * shown between calls.
 */
const batchSize = 4;

/** Lets a thread take jobs from a queue until there are none; `onMade` gets what each made. */
function serve(worker, queue, onMade) {
  return new Promise((resolve, reject) => {
    let current;
    const next = () => {
      current = queue.shift();
      if (current) worker.postMessage(current);
      else resolve();
    };
    worker.on('error', reject);
    worker.on('message', ({ outputs, failure }) => {
      if (failure !== undefined)
        return reject(
          new Problem(`DTLS could not be compiled: see the faults of ${current.title} above.`, { details: failure }),
        );
      onMade(outputs);
      return next();
    });
    next();
  });
}

/**
 * Runs `jobs` in as many threads as there are processors (they share the compiled compiler); resolves with all files
 * that they made.
 */
async function runJobs(jobs, files, report) {
  setFlagsFromString(optimizeLater);
  const made = {};
  const onMade = (outputs) => report(`${Object.keys(Object.assign(made, outputs)).length} files`);
  const queue = [...jobs];
  const workers = Array.from(
    { length: Math.min(availableParallelism(), 4, jobs.length) },
    () => new Worker(new URL('./compiler.mjs', import.meta.url), { workerData: files }),
  );
  try {
    await Promise.all(workers.map((worker) => serve(worker, queue, onMade)));
    return made;
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** The jobs that compile the C files of a folder, the longest first, so that the threads end at the same time. */
function jobsOf(folder, contents) {
  const names = Object.keys(contents)
    .filter((name) => name.endsWith('.c'))
    .sort((a, b) => contents[b].length - contents[a].length);
  const batches = Array.from({ length: Math.ceil(names.length / batchSize) }, (_, index) =>
    names.slice(index * batchSize, (index + 1) * batchSize),
  );
  return batches.map((batch) => ({
    title: `${folder}/{${batch.join(',')}}`,
    args: ['clang', ...compileFlags, '-c', ...batch.map((name) => `${folder}/${name}`)],
    outputs: Object.fromEntries(batch.map((name) => [name.replace(/c$/, 'o'), `${folder}/${name.replace(/c$/, 'o')}`])),
  }));
}

/**
 * The WebAssembly module of Mbed TLS (`source`: its include and library) and our C files (`own`: name to content), the
 * same to the byte everywhere. `report` receives the progress.
 */
export async function compileModule(source, own, report) {
  const library = usedOf(source.library);
  const jobs = [...jobsOf('library', library), ...jobsOf('dots', own)];
  const objects = await runJobs(jobs, { include: source.include, library, dots: own }, report);
  const names = Object.keys(objects).sort();
  const files = Object.fromEntries(names.map((name) => [name.replace('/', '-'), objects[name]]));
  const link = {
    title: 'the link',
    args: ['clang', ...linkFlags, ...Object.keys(files), '-o', 'dtls.wasm'],
    files,
    outputs: { 'dtls.wasm': 'dtls.wasm' },
  };
  const linked = await runJobs([link], {}, () => {});
  return Buffer.from(linked['dtls.wasm']);
}
