import table from './cbor-keys.json';

/** The CBOR key table: RFC 9132 table 5 and its sisters in RFC 9133, 9066, 9244 and 9362. */
export const cborKeyTable = table;
