// The guestbook's backend: keeps the messages that it was sent, in memory, and says which pod it is.
const http = require('node:http');
const os = require('node:os');

const messages = [];

const server = http.createServer((request, response) => {
  const send = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  if (request.url === '/healthz') return send(200, { ok: true });
  if (request.url !== '/messages') return send(404, { error: 'not found' });
  if (request.method === 'GET') return send(200, { backend: os.hostname(), messages });
  if (request.method !== 'POST') return send(405, { error: 'method not allowed' });
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
    if (body.length > 4096) request.destroy();
  });
  request.on('end', () => {
    messages.push(body.slice(0, 200));
    if (messages.length > 100) messages.shift();
    send(201, { backend: os.hostname(), messages });
  });
});

server.listen(6379, () => console.log(`backend ${os.hostname()} listening on 6379`));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
