export type * from './session';
export { remoteCommandOptions, serveRemoteCommand } from './remote-command';
export { connectRemoteCommand, remoteCommandProtocols } from './remote-command-client';
export type { RemoteCommandSession } from './remote-command-client';
export { join } from './join';
export { servePortForward, tunnelledPortForwardProtocol } from './port-forward';
export { connectPortForward, portForwardChannelProtocol, portForwardStream } from './port-forward-client';
export type { PortForwardSession } from './port-forward-client';
