/** Datagrams that are no CoAP message (RFC 7252 section 3), each with its fault. */
export const malformedDatagrams: readonly (readonly [string, string])[] = [
  ['no bytes', ''],
  ['one byte', '40'],
  ['a header cut short', '400100'],
  ['version 0', '00010001'],
  ['version 2', '80010001'],
  ['version 3', 'c0010001'],
  ['token length 9', '490100010102030405060708 09'.replace(' ', '')],
  ['token length 15', '4f010001'],
  ['a token that runs past the end', '44010001aabb'],
  ['an empty message with a token', '41000001aa'],
  ['an empty message with a token length', '44000001'],
  ['an empty message with a payload', '40000001ff00'],
  ['option delta 15', '40010001f0'],
  ['option length 15', '400100010f'],
  ['option delta 13 without its byte', '40010001d0'],
  ['option delta 14 without its bytes', '40010001e0'],
  ['option delta 14 with one of two bytes', '40010001e001'],
  ['option length 13 without its byte', '400100010d'],
  ['option length 14 with one of two bytes', '400100010e01'],
  ['option value that runs past the end', '40010001b5616263'],
  ['option length far beyond the end', '40010001beffff61'],
  ['option number above 65535', '40010001e0ffffe0ffff'],
  ['a payload marker without a payload', '40030001ff'],
  ['a payload marker without a payload, after an option', '40030001b161ff'],
  ['reserved code class 1', '40210001'],
  ['reserved code class 6', '40c50001'],
  ['reserved code class 7', '40e10001'],
  ['a reset with a code', '70010001'],
  ['an acknowledgement with a request', '60010001'],
];

/**
 * Whether a datagram, in hexadecimal, has the header of a confirmable message, which has to be reset when it is
 * malformed (RFC 7252 section 4.2).
 */
export const isConfirmable = (datagram: string): boolean => /^4[0-9a-f]{7}/.test(datagram);
