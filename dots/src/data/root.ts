import { DotsError } from '#dots/model/errors';

const usualRoot = '/restconf';
/** The part of a host-meta resource that is read, characters: it contains a few links. */
const longestHostMeta = 16_384;

/**
 * The path where RESTCONF begins on a server, without a slash at its end: RFC 8040 section 3.1. Without a link it is
 * `/restconf`.
 * @param hostMeta the body of the host-meta resource, which may contain anything
 * @param origin of the server
 * Throws a DotsError of kind `malformed` for a link to another origin: its certificate was not checked.
 */
export function rootIn(hostMeta: string, origin: string): string {
  const href = linkIn(hostMeta);
  if (href === undefined || !URL.canParse(href, origin)) return usualRoot;
  const link = new URL(href, origin);
  if (link.origin !== new URL(origin).origin) throw otherOrigin(origin, link);
  return link.pathname.replace(/\/+$/, '');
}

/** The target of the link `restconf`, in any order of its attributes. */
function linkIn(xrd: string): string | undefined {
  const links =
    xrd
      .slice(0, longestHostMeta)
      .replace(/<!--[^]*?-->/g, '')
      .match(/<Link\b[^<>]*>/g) ?? [];
  const restconf = links.find((link) => attribute(link, 'rel') === 'restconf');
  return restconf === undefined ? undefined : attribute(restconf, 'href');
}

function attribute(element: string, name: string): string | undefined {
  const [, , value] = new RegExp(`\\s${name}\\s*=\\s*(["'])([^<]*?)\\1`).exec(element) ?? [];
  return value?.replaceAll('&amp;', '&').trim();
}

function otherOrigin(origin: string, link: URL): DotsError {
  const { origin: other } = link;
  // The origin of a URL without a host is "null".
  const named = other === 'null' ? link.protocol : other;
  return new DotsError(
    'malformed',
    'data/other-origin',
    `${origin} says that its data channel is at another origin, ${named}: nothing was sent there.`,
    other.startsWith('https:') ? `If you trust ${other}, name it as the server of the data channel.` : undefined,
  );
}
