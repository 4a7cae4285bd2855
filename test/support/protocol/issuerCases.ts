import { asSelfIssued, asVersion1, resigned, type Identity, type TestPki } from './testPki';

/** A certificate below an issuer of a certain kind, and what has to become of it. */
export interface IssuerCase {
  title: string;
  /** The trusted certificate, PEM. */
  ca: string;
  /** What is shown: the certificate, and those between it and the CA. */
  shown: Identity;
  /** Whether RFC 5280 section 6.1 lets it pass. */
  good: boolean;
  /** In a path that is not good: whether a CA allows fewer below it; otherwise one of it is none. */
  tooLong?: true;
  /** Whether the library does not find a path that is good. */
  passedOver?: true;
}

const names = ['localhost'];

type Issuer = Pick<Parameters<TestPki['issue']>[0] & object, 'basicConstraints' | 'keyUsage'>;

/**
 * Intermediate CAs of every kind below the CA of a test: title, what they say of themselves, and whether they may sign.
 */
const intermediates: readonly (readonly [title: string, says: Issuer, good: boolean])[] = [
  ['a CA', {}, true],
  ['a CA without key usage', { keyUsage: '' }, true],
  ['a CA without the right to sign certificates', { keyUsage: 'digitalSignature,cRLSign' }, false],
  ['a CA with a path length that suffices', { basicConstraints: 'critical,CA:TRUE,pathlen:0' }, true],
  ['no CA', { basicConstraints: 'critical,CA:FALSE' }, false],
  ['no CA, without key usage', { basicConstraints: 'CA:FALSE', keyUsage: '' }, false],
  [
    'no CA, with a path length and without key usage',
    { basicConstraints: 'critical,CA:FALSE,pathlen:1', keyUsage: '' },
    false,
  ],
  ['no CA, with a path length', { basicConstraints: 'critical,CA:FALSE,pathlen:1' }, false],
  ['one that does not say whether it is a CA', { basicConstraints: '' }, false],
  ['one that says nothing of what it is for', { basicConstraints: '', keyUsage: '' }, false],
];

/** A certificate below a CA whose own certificate is shown in another form, or not at all. */
function under(pki: TestPki, purpose: 'server' | 'client', by: Identity, instead?: Identity): Identity {
  const shown = pki.issue({ purpose, names, by });
  return { ...shown, cert: shown.cert.replace(by.cert, instead?.cert ?? '') };
}

/** Roots of every kind, and issuers that are too old to say what they are. */
function anchors(pki: TestPki, purpose: 'server' | 'client'): IssuerCase[] {
  const [old, ca] = [pki.issue({ purpose: 'ca', commonName: 'Old CA' }), pki.issue({ purpose: 'ca' })];
  const leaf = pki.issue({ purpose, names, keyUsage: 'digitalSignature,keyCertSign' });
  const trusted = resigned(leaf, asSelfIssued);
  const root = resigned(old, (tbs) => {
    asSelfIssued(tbs);
    asVersion1(tbs);
  });
  return [
    { title: 'a root of version 1 that is trusted', ca: root.cert, shown: under(pki, purpose, old), good: true },
    {
      title: 'an intermediate one of version 1',
      ca: pki.ca.cert,
      shown: under(pki, purpose, ca, resigned(ca, asVersion1, pki.ca)),
      good: false,
    },
    { title: 'a trusted one that is no CA', ca: trusted.cert, shown: under(pki, purpose, leaf), good: false },
    { title: 'none: the certificate itself is trusted', ca: trusted.cert, shown: trusted, good: true },
  ];
}

/** Paths of several CAs. */
function deep(pki: TestPki, purpose: 'server' | 'client'): IssuerCase[] {
  const ca = (by?: Identity, more: object = {}): Identity => pki.issue({ purpose: 'ca', ...more, ...(by && { by }) });
  const narrow = ca(undefined, { basicConstraints: 'critical,CA:TRUE,pathlen:0', commonName: 'Narrow' });
  const wide = ca(undefined, { basicConstraints: 'critical,CA:TRUE,pathlen:1' });
  const below = (by: Identity): Identity => pki.issue({ purpose, names, by });
  const one = { ca: pki.ca.cert, good: true } as const;
  return [
    { ...one, title: 'a CA below one that allows none below it', shown: below(ca(narrow)), good: false, tooLong: true },
    // One that has issued itself does not count: section 6.1.4 (l). The library counts it.
    {
      ...one,
      title: 'a CA of the same name below one that allows none below it',
      shown: below(ca(narrow, { commonName: 'Narrow' })),
      passedOver: true,
    },
    { ...one, title: 'a CA below one that allows one', shown: below(ca(wide)) },
    { ...one, title: 'two CAs below one that allows one', shown: below(ca(ca(wide))), good: false, tooLong: true },
    {
      ...one,
      title: 'a CA below one that is none',
      shown: below(ca(ca(undefined, { basicConstraints: 'critical,CA:FALSE' }))),
      good: false,
    },
  ];
}

/** Certificates of a holder below issuers of every kind. */
export function issuerCases(pki: TestPki, purpose: 'server' | 'client'): IssuerCase[] {
  const kinds = intermediates.map(([title, says, good]) => ({
    title,
    ca: pki.ca.cert,
    shown: pki.issue({ purpose, names, by: pki.issue({ purpose: 'ca', ...says }) }),
    good,
  }));
  return [...kinds, ...anchors(pki, purpose), ...deep(pki, purpose)];
}
