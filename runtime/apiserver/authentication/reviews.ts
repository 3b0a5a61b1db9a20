import { finding, Path } from '../../api/finding';
import type { KubeObject, Node, Pod, Secret, SelfSubjectReview, ServiceAccount, TokenReview } from '../../api/kinds';
import type { AuthenticationV1TokenRequest as TokenRequest, BoundObjectReference } from '../../api/kinds';
import { errors, isStatusError } from '../../api/status';
import type { Clock } from '../../clock';
import type { VirtualHandler } from '../registry/dispatch';
import type { ApiLister, Authenticator, UserInfo } from '../request';
import type { BoundObject, KubernetesClaims, TokenSigner } from './service-account-tokens';

const minimumSeconds = 600;
const maximumSeconds = 2 ** 32;
const hour = 3600;
/** What projected volumes ask for; such tokens live for a year so that old clients don't fail, and warn after the hour. */
const projectedSeconds = hour + 7;
const extendedSeconds = 365 * 24 * hour;

/** POST of serviceaccounts/token: a new token for the account. */
export function tokenRequest(signer: TokenSigner, lister: ApiLister, audiences: readonly string[], clock: Clock): VirtualHandler {
  return async ({ object, parent, namespace }) => {
    const request = object as unknown as TokenRequest;
    const account = parent as ServiceAccount;
    checkExpiration(request);
    const spec = request.spec ?? {};
    const asked = spec.expirationSeconds ?? hour;
    const claims: KubernetesClaims = { namespace, serviceaccount: boundOf(account), ...bindings(spec.boundObjectRef, account, lister) };
    const wanted = spec.audiences?.length ? spec.audiences : audiences;
    const extend = asked === projectedSeconds && claims.pod !== undefined && wanted.some((audience) => audiences.includes(audience));
    if (extend) claims.warnafter = Math.floor(clock.now() / 1000) + asked;
    const token = await signer.sign(claims, wanted, extend ? extendedSeconds : asked);
    const expirationTimestamp = `${new Date(clock.now() + asked * 1000).toISOString().slice(0, 19)}Z`;
    return {
      ...request,
      metadata: { ...request.metadata, name: account.metadata.name, namespace, creationTimestamp: `${new Date(clock.now()).toISOString().slice(0, 19)}Z` },
      spec: { ...spec, audiences: [...wanted], expirationSeconds: asked },
      status: { token, expirationTimestamp },
    } as KubeObject;
  };
}

function checkExpiration({ spec, metadata }: TokenRequest): void {
  const path = Path.of('spec', 'expirationSeconds');
  const seconds = spec?.expirationSeconds ?? hour;
  if (seconds < minimumSeconds) throw invalidRequest(metadata.name, finding.invalid(path, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > maximumSeconds) throw invalidRequest(metadata.name, finding.invalid(path, seconds, 'may not specify a duration larger than 2^32 seconds'));
}

function invalidRequest(name: string | undefined, found: ReturnType<typeof finding.invalid>) {
  return errors.invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest', ...(name && { name }) }, [found]);
}

/** The claims for what the token shall be bound to, which has to exist and be the account's. */
function bindings(ref: BoundObjectReference | undefined, account: ServiceAccount, lister: ApiLister): Partial<KubernetesClaims> {
  if (!ref) return {};
  const { namespace } = account.metadata;
  const found = <T extends KubeObject>(resource: string, scope: string | undefined): T => {
    const object = lister.get<T>({ group: '', resource }, scope, ref.name ?? '');
    if (!object) throw errors.notFound({ kind: resource, name: ref.name ?? '' });
    if (ref.uid && ref.uid !== object.metadata.uid) {
      throw errors.conflict({ kind: resource, name: ref.name ?? '' }, `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`);
    }
    return object;
  };
  switch (`${ref.apiVersion ?? ''}/${ref.kind ?? ''}`) {
    case 'v1/Pod': {
      const pod = found<Pod>('pods', namespace);
      if (pod.spec?.serviceAccountName !== account.metadata.name) {
        throw errors.badRequest(`cannot bind token for serviceaccount ${JSON.stringify(account.metadata.name)} to pod running with different serviceaccount name.`);
      }
      const node = pod.spec?.nodeName ? lister.get<Node>({ group: '', resource: 'nodes' }, undefined, pod.spec.nodeName) : undefined;
      return { pod: boundOf(pod), ...(node && { node: boundOf(node) }) };
    }
    case 'v1/Secret':
      return { secret: boundOf(found<Secret>('secrets', namespace)) };
    case 'v1/Node':
      return { node: boundOf(found<Node>('nodes', undefined)) };
    default:
      throw errors.badRequest(`cannot bind token to object of type ${ref.apiVersion ?? ''}, Kind=${ref.kind ?? ''}`);
  }
}

function boundOf({ metadata }: KubeObject): BoundObject {
  return { name: metadata.name ?? '', uid: metadata.uid ?? '' };
}

/** POST of tokenreviews: who a token is. */
export function tokenReview(authenticator: Authenticator, audiences: readonly string[]): VirtualHandler {
  return async ({ object }) => {
    const review = object as TokenReview;
    if (!review.spec.token) throw errors.badRequest('token is required for TokenReview in authentication');
    const user = await userOfToken(authenticator, review.spec.token);
    const shared = review.spec.audiences?.length ? review.spec.audiences.filter((audience) => audiences.includes(audience)) : [...audiences];
    const status = user && shared.length > 0
      ? { authenticated: true, user: userInfo(user), audiences: shared }
      : { user: {}, error: user ? 'token audiences do not match' : 'invalid bearer token' };
    return { ...review, status } as KubeObject;
  };
}

async function userOfToken(authenticator: Authenticator, token: string): Promise<UserInfo | undefined> {
  try {
    return await authenticator.authenticate({ authorization: `Bearer ${token}` });
  } catch (error) {
    if (isStatusError(error, 'Unauthorized')) return undefined;
    throw error;
  }
}

/** POST of selfsubjectreviews: who the request's own user is. */
export function selfSubjectReview(clock: Clock): VirtualHandler {
  return ({ object, user }) => {
    const creationTimestamp = `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
    return { ...object, metadata: { ...object.metadata, creationTimestamp }, status: { userInfo: userInfo(user) } } as SelfSubjectReview;
  };
}

function userInfo({ name, uid, groups, extra }: UserInfo) {
  return { username: name, ...(uid && { uid }), groups: [...groups], ...(extra && { extra }) };
}
