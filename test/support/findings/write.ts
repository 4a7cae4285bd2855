import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../shared';
import { findingsPage } from './page';

writeFileSync(join(root, 'docs/findings.md'), findingsPage());
