import { onPath, run } from './processes.mjs';
import { Problem } from './problem.mjs';

const helper = '/usr/lib/apt/apt-helper';

/** Root downloads as itself here, because Debian's unprivileged user may not look into a private folder. */
const careful = ['APT::Sandbox::User=root', 'Acquire::Retries=0', 'Acquire::http::Timeout=10'].flatMap((option) => [
  '-o',
  option,
]);

const deadlineMs = 60_000;

/** apt-get of a Debian machine. Elsewhere a Problem. */
function aptGet() {
  const apt = onPath('apt-get');
  if (apt) return apt;
  throw new Problem('apt-get is not here');
}

/**
 * The Debian mirrors among the addresses of package archives, one a line, that apt prints: the main archive before that
 * of security updates.
 * @public a test imports it by its path
 */
export function mirrorsIn(addresses) {
  const mirrors = [...new Set(addresses.split('\n'))].filter((line) => /^https?:.*debian.*\/$/.test(line));
  return mirrors.sort((one, other) => one.length - other.length);
}

/**
 * The Debian mirrors that the package lists of this machine name, as URLs that end in a slash; a Problem where there is
 * none.
 */
export async function debianMirrors() {
  const { status, output } = await run(aptGet(), ['indextargets', '--format', '$(REPO_URI)'], { deadlineMs });
  const mirrors = status === 0 ? mirrorsIn(output) : [];
  if (mirrors.length === 0) throw new Problem('the package lists of this machine name no Debian mirror');
  return mirrors;
}

/** Where below a mirror a file of a source package is: in the main archive, and in that of security updates. */
const poolPaths = (source, file) =>
  ['pool/main', 'pool/updates/main'].map((pool) => `${pool}/${source[0]}/${source}/${file}`);

/**
 * Downloads a file of a Debian source package to `path`, from the pool of the first mirror that has it with this
 * SHA-256. A pool has it as long as any suite does, so no list of a suite is read; nothing on the machine changes, and
 * no rights are needed. A Problem where no mirror has it.
 */
export async function fetchFromPool(source, file, { path, sha256, mirrors }) {
  for (const url of (mirrors ?? (await debianMirrors())).flatMap((mirror) =>
    poolPaths(source, file).map((each) => `${mirror}${each}`),
  )) {
    const { status } = await run(helper, [...careful, 'download-file', url, path, `SHA256:${sha256}`], { deadlineMs });
    if (status === 0) return;
  }
  throw new Problem(`no Debian mirror of this machine has ${file} with the pinned SHA-256`);
}
