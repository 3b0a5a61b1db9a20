// The guestbook's frontend: a page, and requests passed on to the Service "backend", which chooses one of its pods.
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');

const backend = { host: process.env.BACKEND_SERVICE_HOST || 'backend', port: process.env.BACKEND_SERVICE_PORT || 6379 };
const page = fs.readFileSync(path.join(__dirname, 'index.html'));

const server = http.createServer((request, response) => {
  if (request.url === '/healthz') return response.end('ok');
  if (request.url === '/') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'x-frontend': os.hostname() });
    return response.end(page);
  }
  if (request.url !== '/messages') {
    response.writeHead(404);
    return response.end();
  }
  console.log(`${request.method} ${request.url}`);
  // A connection a request, so that each one is balanced anew.
  const onward = http.request({ ...backend, path: '/messages', method: request.method, agent: false }, (answer) => {
    response.writeHead(answer.statusCode, { 'content-type': 'application/json', 'x-frontend': os.hostname() });
    answer.pipe(response);
  });
  onward.on('error', (error) => {
    response.writeHead(502, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: error.message }));
  });
  request.pipe(onward);
});

server.listen(8080, () => console.log(`frontend ${os.hostname()} listening on 8080, backend at ${backend.host}:${backend.port}`));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
