import { spawn } from 'node:child_process';
import { isAbsolute, join } from 'node:path';
import * as z from 'zod';
import type { ClientCredential, CredentialSource } from './http';
import type { ExecConfig } from './kubeconfig-schema';

/** The plugin could not be run, failed, or printed something else than an ExecCredential. */
export class ExecCredentialError extends Error {
  override readonly name = 'ExecCredentialError';
}

const versions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
const mostOutput = 1 << 20;

const credentialSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.literal('ExecCredential'),
  status: z.object({
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
    expirationTimestamp: z.string().optional(),
  }),
});

/** Credentials that a program prints (client.authentication.k8s.io/v1), kept until they expire or the server refuses them. */
export class ExecCredentials implements CredentialSource {
  private cached: { credential: ClientCredential; expires: number } | undefined;
  private running: Promise<ClientCredential> | undefined;

  constructor(
    private readonly config: ExecConfig,
    private readonly folder: string,
    private readonly cluster: Record<string, unknown>,
    private readonly now: () => number = Date.now,
  ) {}

  current(): Promise<ClientCredential> {
    if (this.cached && this.now() < this.cached.expires) return Promise.resolve(this.cached.credential);
    this.running ??= this.refresh().finally(() => (this.running = undefined));
    return this.running;
  }

  rejected(credential: ClientCredential): void {
    if (this.cached?.credential === credential) this.cached = undefined;
  }

  private async refresh(): Promise<ClientCredential> {
    const { apiVersion } = this.config;
    if (!versions.includes(apiVersion)) throw new ExecCredentialError(`exec plugin: invalid apiVersion "${apiVersion}"`);
    const output = parseJson(await this.run());
    const parsed = credentialSchema.safeParse(output);
    // The output holds secrets: say where it is wrong, not what it is.
    if (!parsed.success) throw new ExecCredentialError(`exec plugin ${this.config.command}: ${parsed.error.issues[0]!.path.join('.')} is not as it should be`);
    if (parsed.data.apiVersion !== apiVersion) {
      throw new ExecCredentialError(`exec plugin is configured to use API version ${apiVersion}, plugin returned version ${parsed.data.apiVersion}`);
    }
    const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = parsed.data.status;
    if (!token && !cert && !key) throw new ExecCredentialError("exec plugin didn't return a token or cert/key pair");
    if (!cert !== !key) throw new ExecCredentialError('exec plugin returned only certificate or key, not both');
    const credential = { ...(token && { token }), ...(cert && key && { cert, key }) };
    this.cached = { credential, expires: expirationTimestamp ? Date.parse(expirationTimestamp) : Infinity };
    return credential;
  }

  private run(): Promise<string> {
    const { command, args, env, provideClusterInfo, apiVersion, installHint } = this.config;
    // Commands with a separator are relative to the kubeconfig's folder; others are looked up in PATH.
    const program = /[/\\]/.test(command) && !isAbsolute(command) ? join(this.folder, command) : command;
    const info = { apiVersion, kind: 'ExecCredential', spec: { ...(provideClusterInfo && { cluster: this.cluster }), interactive: false } };
    const environment = { ...process.env, ...Object.fromEntries((env ?? []).map(({ name, value }) => [name, value])), KUBERNETES_EXEC_INFO: JSON.stringify(info) };
    return new Promise((resolve, reject) => {
      const child = spawn(program, args ?? [], { env: environment, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
      const output = collect(child.stdout);
      const complaint = collect(child.stderr);
      child.once('error', (error) => {
        reject(new ExecCredentialError(`exec: ${error.message}${installHint ? `\n\n${installHint}` : ''}`, { cause: error }));
      });
      child.once('close', (code) => {
        if (code === 0) resolve(output());
        else reject(new ExecCredentialError(`exec: executable ${command} failed with exit code ${code}: ${complaint().trim().slice(-500)}`));
      });
    });
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= mostOutput) chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
