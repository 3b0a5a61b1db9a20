import type { Ingress, IngressClass } from '../../api/kinds';
import type { AdmissionPlugin, ApiLister } from '../request';
import { newestDefault } from './default-class';
import { isFor, kinds } from './kit';

/** An ingress that names no class gets the default one (plugin/pkg/admission/network/defaultingressclass). */
export function defaultIngressClass(lister: ApiLister): AdmissionPlugin {
  return {
    name: 'DefaultIngressClass',
    mutate(attributes) {
      if (attributes.operation !== 'CREATE' || !isFor(attributes, kinds.ingresses)) return;
      const ingress = attributes.object as Ingress;
      if (
        ingress.spec?.ingressClassName !== undefined ||
        ingress.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined
      )
        return;
      const found = newestDefault(lister.list<IngressClass>(kinds.ingressClasses), [
        'ingressclass.kubernetes.io/is-default-class',
      ]);
      if (found) ingress.spec = { ...ingress.spec, ingressClassName: found.metadata.name! };
    },
  };
}
