import type { ServiceAccount } from '../../../api/kinds';
import type { UntypedObject } from '../../../api/object';
import { GenericStrategy } from '../strategy';
import type { StrategyContext } from '../strategy';

/** pkg/registry/core/serviceaccount/strategy.go: of the secrets that an account names, the names count. */
export class ServiceAccountStrategy extends GenericStrategy {
  override prepareForCreate(object: UntypedObject, context: StrategyContext): void {
    super.prepareForCreate(object, context);
    cleanSecretReferences(object);
  }

  override prepareForUpdate(object: UntypedObject, old: UntypedObject, context: StrategyContext): void {
    super.prepareForUpdate(object, old, context);
    cleanSecretReferences(object);
  }
}

function cleanSecretReferences(object: UntypedObject): void {
  const account = object as unknown as ServiceAccount;
  if (account.secrets) account.secrets = account.secrets.map(({ name }) => (name === undefined ? {} : { name }));
}
