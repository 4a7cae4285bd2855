// Imported before anything else, so it keeps to what an old Node understands.
const required = [20, 18];
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < required[0] || (major === required[0] && minor < required[1])) {
  process.stderr.write(
    `DOTS Workbench needs Node.js ${required.join('.')} or later and this is ${process.versions.node}: install a newer one (https://nodejs.org/) and try again.\n`,
  );
  process.exit(1);
}
