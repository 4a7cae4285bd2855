import { largeAclText } from '../support/largeAcl';
import { yangFaults } from '#dots/check/yang';
import { rfcFaults } from '#dots/check/rfc';
const v = JSON.parse(largeAclText(10_000));
for (let i = 0; i < 60; i++) { (process.argv[2] === 'rfc' ? rfcFaults : yangFaults as any)('acls', v, process.argv[2] === 'rfc' ? undefined : 'practice'); }
