import http.server


class Greeter(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path[1:]
        greeting = 'hello ' + name
        self.send_response(200)
        self.end_headers()
        self.wfile.write(greeting.encode())

    def log_message(self, *words):
        pass


http.server.ThreadingHTTPServer(('', 8080), Greeter).serve_forever()
