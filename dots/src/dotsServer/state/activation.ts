import type { JsonObject } from '#dots/model/json';
import type { DataClient } from './dataClient';
import { inForce, type Mitigation } from './lifecycle';

/** When an ACL applies: RFC 8783 section 7.2. */
export type ActivationType = 'activate-when-mitigating' | 'immediate' | 'deactivate';

/** The activation type of an ACL; the RFC's default if it has none. */
export function activationTypeOf(acl: JsonObject): ActivationType {
  const type = acl['activation-type'];
  return type === 'immediate' || type === 'deactivate' ? type : 'activate-when-mitigating';
}

/** Whether an ACL filters now. Only mitigations of its own client activate it (RFC 8783 section 7.2). */
export function isActiveAcl(
  acl: JsonObject,
  { cuid }: Pick<DataClient, 'cuid'>,
  mitigations: readonly Mitigation[],
): boolean {
  const type = activationTypeOf(acl);
  return (
    type === 'immediate' ||
    (type === 'activate-when-mitigating' &&
      mitigations.some((mitigation) => mitigation.cuid === cuid && inForce(mitigation)))
  );
}
