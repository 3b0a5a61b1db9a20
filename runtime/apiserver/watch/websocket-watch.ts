import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { FrameEncoder } from './frames';
import type { WatchConsumer, Watcher } from './watcher';

const maxWaiting = 16 * 1024 * 1024;
const accepted = ['binary.k8s.io', 'base64.binary.k8s.io'];

const sockets = new WebSocketServer({
  noServer: true, clientTracking: false,
  handleProtocols: (protocols) => accepted.find((protocol) => protocols.has(protocol)) ?? false,
});

/** Sends a watch as WebSocket messages, one an event, which browsers can read. */
export function webSocketWatch(
  request: IncomingMessage, socket: Duplex, head: Buffer, encoder: FrameEncoder, start: (consumer: WatchConsumer) => Watcher,
): void {
  sockets.handleUpgrade(request, socket, head, (webSocket) => {
    const base64 = webSocket.protocol.startsWith('base64');
    const binary = webSocket.protocol === 'binary.k8s.io';
    const watcher = start({
      events(events) {
        for (const event of events) {
          const frame = encoder.encode(event);
          webSocket.send(base64 ? frame.toString('base64') : frame, { binary });
        }
        if (webSocket.bufferedAmount > maxWaiting) webSocket.terminate();
      },
      end: () => webSocket.close(1000),
    });
    webSocket.on('close', () => watcher.stop());
    webSocket.on('error', () => webSocket.terminate());
    watcher.start();
  });
}
