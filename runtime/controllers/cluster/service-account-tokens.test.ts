import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Live, Namespace, Secret, ServiceAccount } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import { tokenRequest } from '../../apiserver/authentication/reviews';
import { ServiceAccountAuthenticator } from '../../apiserver/authentication/service-accounts';
import { TokenSigner } from '../../apiserver/authentication/service-account-tokens';
import { createApiServer, inProcessTransport } from '../../apiserver/server';
import type { ApiServer } from '../../apiserver/server';
import { Client } from '../../client/resource-client';
import { systemClock } from '../../clock';
import { createServiceAccountKey } from '../../cluster/certificates';
import { silentLogger } from '../../log';
import { openMemoryStore } from '../../store/journaled-store';
import { startControllers } from '..';
import { resources } from '../kit/resources';

const admin = { name: 'admin', groups: ['system:masters'] };
const issuer = 'https://kubernetes.default.svc.cluster.local';

let server: ApiServer;
let client: Client;
let accounts: ServiceAccountAuthenticator;
let stop: () => Promise<void>;

beforeEach(async () => {
  server = await createApiServer({
    store: openMemoryStore(), certificate: { cert: '', key: '' },
    components: ({ lister }) => {
      const signer = new TokenSigner({ issuer, ...createServiceAccountKey() }, systemClock);
      accounts = new ServiceAccountAuthenticator(signer, [issuer], lister, systemClock);
      return {
        authenticator: { authenticate: () => admin }, authorizer: { authorize: () => ({ allowed: true }) },
        subresourceHandlers: new Map([['/serviceaccounts/token', tokenRequest(signer, lister, [issuer], systemClock)]]),
      };
    },
  });
  client = new Client(inProcessTransport(server, admin));
  const controllers = startControllers({
    client, clock: systemClock, logger: silentLogger, options: { clusterCidr: '10.244.0.0/16', rootCaPem: 'PEM' },
    enabled: ['serviceaccount-token-controller'],
  });
  stop = () => controllers.stop();
  await client.resource<Namespace>(resources.namespaces).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
});

afterEach(async () => {
  await stop();
  await server.close();
});

const secrets = () => client.resource<Secret>(resources.secrets);
const addAccount = (name: string) =>
  client.resource<ServiceAccount>(resources.serviceAccounts).create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'shop' } });
const addSecret = (account: string, data?: Record<string, string>) => secrets().create({
  apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/service-account-token', ...(data && { data }),
  metadata: { name: `${account}-token`, namespace: 'shop', annotations: { 'kubernetes.io/service-account.name': account } },
});
const find = (name: string) => secrets().get(name, 'shop').catch((error: unknown) => {
  if (isStatusError(error, 'NotFound')) return undefined;
  throw error;
});
const decoded = (secret: Secret, field: string) => Buffer.from(secret.data?.[field] ?? '', 'base64').toString();
const userOf = async (secret: Secret) => accounts.authenticate({ authorization: `Bearer ${decoded(secret, 'token')}` });

async function until(name: string, holds: (found: Live<Secret> | undefined) => boolean): Promise<Live<Secret> | undefined> {
  for (let i = 0; i < 200; i++) {
    const found = await find(name);
    if (holds(found)) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('never came to be');
}

describe('secrets of service account tokens', () => {
  it('are filled with a token of the account, the authority and the namespace', async () => {
    const account = await addAccount('robot');
    await addSecret('robot');
    const secret = (await until('robot-token', (found) => Boolean(found?.data?.['token'])))!;
    expect([decoded(secret, 'ca.crt'), decoded(secret, 'namespace')]).toEqual(['PEM', 'shop']);
    expect(secret.metadata.annotations?.['kubernetes.io/service-account.uid']).toBe(account.metadata.uid);
    expect(await userOf(secret)).toMatchObject({ name: 'system:serviceaccount:shop:robot', groups: expect.arrayContaining(['system:serviceaccounts:shop']) as string[] });
  });

  it('end their token when they are deleted', async () => {
    await addAccount('robot');
    await addSecret('robot');
    const secret = (await until('robot-token', (found) => Boolean(found?.data?.['token'])))!;
    await secrets().delete('robot-token', 'shop');
    await expect(userOf(secret)).rejects.toThrow('Unauthorized');
  });

  it('have what is lacking or wrong put right, and keep their token and what else they hold', async () => {
    await addAccount('robot');
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    await addSecret('robot', { token: base64('mine'), namespace: base64('other'), more: base64('x') });
    const secret = (await until('robot-token', (found) => Boolean(found?.data?.['ca.crt'])))!;
    expect(['token', 'namespace', 'more'].map((field) => decoded(secret, field))).toEqual(['mine', 'shop', 'x']);
  });

  it('go when their account does, and where there is none', async () => {
    await addAccount('robot');
    await addSecret('robot');
    await until('robot-token', (found) => Boolean(found?.data?.['token']));
    await client.resource<ServiceAccount>(resources.serviceAccounts).delete('robot', 'shop');
    await until('robot-token', (found) => found === undefined);
    await addSecret('nobody');
    await until('nobody-token', (found) => found === undefined);
  });
});
