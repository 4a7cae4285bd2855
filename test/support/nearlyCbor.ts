import fc from 'fast-check';

/** Octets in hexadecimal. */
export const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (octet) => parseInt(octet, 16));

/** Octets that are nearly CBOR: heads of every kind, in any order. */
export const nearlyCbor = fc
  .array(
    fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 3 }),
      fc
        .constantFrom(
          ...['a1', 'a2', '81', '82', '9f', 'bf', 'ff', '7f', 'c4', 'd9010f', '01', '02', '1818', 'f5', '6161'],
          '9bffffffffffffffff',
        )
        .map(bytesOf),
    ),
    { maxLength: 40 },
  )
  .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));
