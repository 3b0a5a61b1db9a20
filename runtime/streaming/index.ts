export type * from './session';
export { remoteCommandOptions, serveRemoteCommand } from './remote-command';
export { connectRemoteCommand, remoteCommandProtocols } from './remote-command-client';
export type { RemoteCommandSession } from './remote-command-client';
export { connectPortForward, servePortForward, tunnelledPortForwardProtocol } from './port-forward';
export type { PortForwardSession } from './port-forward';
