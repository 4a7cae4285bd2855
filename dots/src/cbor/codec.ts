/** JSON to CBOR and back for DOTS signal channel and telemetry documents (RFC 9132 section 6, RFC 9244 section 12). */
export { encodeDocument } from './encode';
export { decodeDocument, decodeLeniently } from './decode';
export { leftOutWords } from './leftOut';
export { fileLimits } from './reader';
export { CborError } from './errors';
