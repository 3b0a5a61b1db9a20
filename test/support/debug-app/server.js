const { createServer } = require('node:http');

createServer((request, response) => response.end(`hello ${request.url.slice(1)}`)).listen(8080);
