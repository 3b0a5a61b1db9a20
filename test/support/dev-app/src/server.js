const { existsSync, readFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { greeting } = require('./greeting.js');

const extra = `${__dirname}/extra.txt`;

createServer((_request, response) => {
  const built = readFileSync('/etc/built.txt', 'utf8').trim();
  response.end(`${greeting} image=${built} extra=${existsSync(extra) ? readFileSync(extra, 'utf8').trim() : 'none'}`);
}).listen(8080);
