import type { SchemaNode, XYang } from '../model/schema';

/** The section that defines each module. */
const moduleSections: Record<string, string> = {
  'ietf-dots-signal-channel': '9132 5.3',
  'ietf-dots-signal-control': '9133 3.2.2.2',
  'ietf-dots-call-home': '9066 6.3',
  'ietf-dots-data-channel': '8783 4.3',
  'ietf-dots-telemetry': '9244 11.1',
  'ietf-dots-mapping': '9244 11.2',
  'ietf-dots-robust-trans': '9362 5',
};

/** Where the module that defines a node is printed. */
export function moduleSection(
  node: (Pick<SchemaNode, 'properties'> & { 'x-yang'?: XYang | undefined }) | undefined,
): string {
  const own = node?.['x-yang']?.module;
  const inner = own ?? Object.values(node?.properties ?? {}).find((member) => member['x-yang'])?.['x-yang']?.module;
  return moduleSections[inner ?? ''] ?? '7950 7';
}
