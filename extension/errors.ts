import { t } from './words';

/** What a person is told of a failure, and what they can do about it. Never a stack, never a credential. */
export interface Failure {
  /** Whole sentences, for a notification. */
  message: string;
  /** A few words, for a tree item or the status bar. */
  summary: string;
  actions: readonly FailureAction[];
  /** Trying again changes nothing until somebody changes something: a broken file, a missing program. */
  permanent: boolean;
}

export interface FailureAction {
  title: string;
  command: string;
  args?: readonly unknown[];
}

/** Something was put away by the person: nothing to tell. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
  constructor() {
    super('cancelled');
  }
}

/** The `podium` command failed; `message` is what it printed. */
export class PodiumError extends Error {
  override readonly name = 'PodiumError';
}

/** Something answered, but not as an API server does. */
export class NotAClusterError extends Error {
  override readonly name = 'NotAClusterError';
  constructor() {
    super("the answer is not an API server's");
  }
}

/** A command can't do what it was asked for; `message` says why, in words for the user. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  constructor(
    message: string,
    readonly actions: readonly FailureAction[] = [],
  ) {
    super(message);
  }
}

const showLog = (): FailureAction => ({ title: t`Show Log`, command: 'podium.showLog' });
const retry = (): FailureAction => ({ title: t`Try Again`, command: 'podium.retry' });
const choose = (): FailureAction => ({ title: t`Choose Another Cluster`, command: 'podium.chooseCluster' });
const openFile = (path: string): FailureAction => ({ title: t`Open File`, command: 'podium.openKubeconfig', args: [path] });

interface KnownError extends Error {
  code?: string | number;
  reason?: string;
  source?: string;
}

type Describe = (error: KnownError) => Failure;

/** By the error's class: its name, since classes are loaded when they are needed. */
const byName: Record<string, Describe> = {
  RefusedError: (error) => ({
    message: error.message,
    summary: error.message,
    actions: error instanceof RefusedError ? error.actions : [],
    permanent: true,
  }),
  DebugError: ({ message }) => ({ message: sentence(message), summary: t`not debugged`, actions: [], permanent: true }),
  TargetError: ({ message }) => ({ message, summary: message, actions: [], permanent: true }),
  OperationError: ({ message }) => ({ message, summary: message, actions: [], permanent: true }),
  CopyError: ({ message }) => ({ message: t`Not copied: ${message}`, summary: t`not copied`, actions: [], permanent: true }),
  PodiumError: ({ message }) => ({ message: sentence(message), summary: message, actions: [showLog()], permanent: false }),
  KubeconfigError: ({ message, source = '' }) => ({
    message: t`The kubeconfig can't be used: ${message}`,
    summary: t`kubeconfig broken`,
    actions: [openFile(source), choose()],
    permanent: true,
  }),
  ExecCredentialError: ({ message }) => ({
    message: t`The program that signs in to the cluster failed: ${firstLines(message)}`,
    summary: t`sign-in failed`,
    actions: [retry(), showLog(), choose()],
    permanent: true,
  }),
  ConnectionError: (error) => byCode(error),
  NotAClusterError: notACluster,
  TimeoutError: () => unreachable(t`The cluster does not answer.`, t`no answer`),
  StatusError: (error) => byReason(error),
};

/** By the system's or TLS's code (tls: "X509 certificate error codes" of the Node.js documentation). */
const connections = (): Record<string, [summary: string, message: string]> => ({
  ECONNREFUSED: [t`connection refused`, t`Nothing listens at the address of the cluster: is it running?`],
  ECONNRESET: [t`connection lost`, t`The cluster closed the connection.`],
  EPIPE: [t`connection lost`, t`The cluster closed the connection.`],
  ENOTFOUND: [t`unknown host`, t`The name of the cluster's server is not known: is the network or the VPN up?`],
  EAI_AGAIN: [t`unknown host`, t`The name of the cluster's server can't be looked up: is the network up?`],
  ETIMEDOUT: [t`no answer`, t`The cluster does not answer: is the network or the VPN up?`],
  EHOSTUNREACH: [t`no route`, t`There is no way to the cluster: is the network or the VPN up?`],
  ENETUNREACH: [t`no route`, t`There is no way to the cluster: is the network up?`],
});

const certificateCodes = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
]);

const certificates = (): Record<string, [summary: string, message: string]> => ({
  CERT_HAS_EXPIRED: [t`certificate expired`, t`The cluster's certificate has expired.`],
  CERT_NOT_YET_VALID: [t`certificate not valid yet`, t`The cluster's certificate is not valid yet: is this clock right?`],
  ERR_TLS_CERT_ALTNAME_INVALID: [t`wrong certificate`, t`The cluster's certificate is for another address.`],
});

/** The one place where a failure becomes words. What is not known here is told as unexpected, with the log to look into. */
export function describeFailure(error: unknown): Failure {
  const known = error instanceof Error ? byName[error.name] : undefined;
  if (known) return known(error as KnownError);
  return {
    message: t`Something unexpected went wrong: ${firstLines(error instanceof Error ? error.message : String(error))}`,
    summary: t`unexpected failure`,
    actions: [showLog()],
    permanent: false,
  };
}

function byCode(error: KnownError): Failure {
  const code = String(error.code ?? '');
  const about = certificates()[code];
  if (about || certificateCodes.has(code)) {
    const [summary, message] = about ?? [t`wrong certificate`, t`The cluster's certificate is not one that the kubeconfig trusts.`];
    return { ...unreachable(message, summary), permanent: true };
  }
  if (code.startsWith('ERR_SSL') || code === 'EPROTO' || code.startsWith('ERR_OSSL'))
    return notACluster();
  const [summary, message] = connections()[code] ?? [t`unreachable`, t`The cluster can't be reached: ${firstLines(error.message)}`];
  return unreachable(message, summary);
}

function byReason(error: KnownError): Failure {
  const { message, reason } = error;
  if (reason === 'Unauthorized')
    return {
      message: t`The cluster does not accept the credentials of the kubeconfig: sign in again, or renew them.`,
      summary: t`not signed in`,
      actions: [retry(), choose()],
      permanent: false,
    };
  if (reason === 'Forbidden') return { message, summary: t`forbidden`, actions: [], permanent: true };
  return { message, summary: reason || t`refused`, actions: [], permanent: false };
}

function unreachable(message: string, summary: string): Failure {
  return { message, summary, actions: [retry(), choose()], permanent: false };
}

function notACluster(): Failure {
  return unreachable(t`What answers at the address of the cluster is no Kubernetes API server.`, t`not a cluster`);
}

/** The command speaks in small letters, as commands do. */
function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Programs print pages; a notification holds a few lines. */
function firstLines(text: string): string {
  const trimmed = text.trim();
  const lines = trimmed.split('\n').slice(0, 3).join('\n');
  return lines.length > 400 ? `${lines.slice(0, 400)}…` : lines;
}
