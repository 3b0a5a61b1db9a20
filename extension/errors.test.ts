import { describe, expect, it } from 'vitest';
import { errors as statusErrors, statusError } from '../runtime/api/status';
import { ExecCredentialError } from '../runtime/client/exec-credential';
import { KubeconfigError } from '../runtime/client/kubeconfig';
import { ConnectionError } from '../runtime/client/response-error';
import { describeFailure, NotAClusterError, PodiumError, RefusedError } from './errors';

const connection = (code: string): ConnectionError =>
  new ConnectionError('https://k8s', Object.assign(new Error('low level'), { code }));
const titles = (error: unknown): string[] => describeFailure(error).actions.map(({ title }) => title);

describe('what a person is told of a failure', () => {
  it.each([
    ['ECONNREFUSED', 'connection refused'],
    ['ENOTFOUND', 'unknown host'],
    ['ETIMEDOUT', 'no answer'],
    ['CERT_HAS_EXPIRED', 'certificate expired'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'wrong certificate'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'wrong certificate'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'not a cluster'],
    ['EWHATEVER', 'unreachable'],
  ])('%s is told as %s, with another try and another cluster', (code, summary) => {
    expect(describeFailure(connection(code)).summary).toBe(summary);
    expect(titles(connection(code))).toEqual(['Try Again', 'Choose Another Cluster']);
  });

  it('a certificate that is not trusted is not tried again and again, a server that is down is', () => {
    expect(describeFailure(connection('SELF_SIGNED_CERT_IN_CHAIN')).permanent).toBe(true);
    expect(describeFailure(connection('ECONNREFUSED')).permanent).toBe(false);
  });

  it('a kubeconfig that is broken can be opened', () => {
    const failure = describeFailure(new KubeconfigError('/home/me/.kube/config', 'not YAML'));
    expect(failure.actions[0]).toMatchObject({ command: 'podium.openKubeconfig', args: ['/home/me/.kube/config'] });
    expect(failure.message).toContain('/home/me/.kube/config: not YAML');
  });

  it('a program that signs in tells the beginning of what it said', () => {
    const failure = describeFailure(new ExecCredentialError(`exec: ${'long\n'.repeat(100)}`));
    expect(failure.message.split('\n')).toHaveLength(3);
  });

  it('the server\'s own words are kept', () => {
    expect(describeFailure(statusError('Forbidden', 'pods is forbidden')).message).toBe('pods is forbidden');
    expect(describeFailure(statusErrors.notFound({ kind: 'pods', name: 'web' })).message).toBe('pods "web" not found');
    expect(describeFailure(statusError('Unauthorized', 'Unauthorized')).summary).toBe('not signed in');
  });

  it('what a command refuses has its own actions', () => {
    const action = { title: 'Start Cluster', command: 'podium.startCluster' };
    expect(describeFailure(new RefusedError('No cluster runs.', [action])).actions).toEqual([action]);
    expect(describeFailure(new NotAClusterError()).summary).toBe('not a cluster');
    expect(titles(new PodiumError('docker is gone'))).toEqual(['Show Log']);
    expect(describeFailure(new PodiumError('docker is gone')).message).toBe('Docker is gone');
  });

  it('what nobody thought of is told without its stack', () => {
    const failure = describeFailure(new TypeError('x is not a function'));
    expect(failure.message).toBe('Something unexpected went wrong: x is not a function');
    expect(describeFailure('thrown text').message).toContain('thrown text');
  });
});
