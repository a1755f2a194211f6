"""A stand-in for Azure's Logs Ingestion API and for its service that gives tokens, over TLS, and for a proxy that leads to both.

    sentinel.py PORT CERTIFICATE KEY OUT

Fluent Bit's own output has the address of the token service inside; through the proxy it ends here as well. What comes with the token is
appended to OUT, behind the path it was sent to.
"""

import gzip
import http.server
import json
import socket
import ssl
import sys

PORT, CERTIFICATE, KEY, OUT = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
TLS = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
TLS.load_cert_chain(CERTIFICATE, KEY)
HANDSHAKE = b"\x16"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        if self.request.recv(1, socket.MSG_PEEK) != HANDSHAKE:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                byte = self.request.recv(1)
                if not byte:
                    raise ConnectionError("no request to the proxy")
                head += byte
            self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.request = TLS.wrap_socket(self.request, server_side=True)
        super().setup()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path.endswith("/oauth2/v2.0/token"):
            return self.answer(200, json.dumps({"access_token": "a-token", "token_type": "Bearer", "expires_in": 3600}).encode())
        if self.headers["authorization"] != "Bearer a-token":
            return self.answer(401, b"")
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        json.loads(body)
        with open(OUT, "ab") as out:
            out.write(f"{self.path} Bearer a-token ".encode() + body + b"\n")
        return self.answer(204, b"")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        print("connection ended:", sys.exc_info()[1], file=sys.stderr)


Server(("127.0.0.1", PORT), Handler).serve_forever()
