/** What hover shows: texts of our own for every member and value, one file per YANG module. */
import acl from './ietf-access-control-list.json';
import callHome from './ietf-dots-call-home.json';
import data from './ietf-dots-data-channel.json';
import ianaSignal from './iana-dots-signal-channel.json';
import mapping from './ietf-dots-mapping.json';
import packetFields from './ietf-packet-fields.json';
import robust from './ietf-dots-robust-trans.json';
import signal from './ietf-dots-signal-channel.json';
import signalControl from './ietf-dots-signal-control.json';
import telemetry from './ietf-dots-telemetry.json';

export const docs = {
  'iana-dots-signal-channel': ianaSignal,
  'ietf-access-control-list': acl,
  'ietf-dots-call-home': callHome,
  'ietf-dots-data-channel': data,
  'ietf-dots-mapping': mapping,
  'ietf-dots-robust-trans': robust,
  'ietf-dots-signal-channel': signal,
  'ietf-dots-signal-control': signalControl,
  'ietf-dots-telemetry': telemetry,
  'ietf-packet-fields': packetFields,
};
