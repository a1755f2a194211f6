"""Receivers for tests of the output plugin: one that misbehaves by a script, and real programs."""

import base64
import gzip
import hmac
import json
import os
import random
import re
import socket
import ssl
import struct
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

# An event's id, wherever it stands: in JSON, in JSON in a string, as a flattened field.
ID = re.compile(rb'auditgate(?:\\*":\s*\{\\*"|\.)id\\*":\s*\\*"([^"\\]+)')


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Ids:
    """How often each id was accepted."""

    def __init__(self):
        self.lock = threading.Lock()
        self.count: dict[str, int] = {}

    def add(self, data: bytes) -> None:
        found = [match.decode() for match in ID.findall(data)]
        with self.lock:
            for one in found:
                self.count[one] = self.count.get(one, 0) + 1

    def snapshot(self) -> dict[str, int]:
        with self.lock:
            return dict(self.count)


class Faulty:
    """An HTTP receiver; `fault` decides about each request."""

    def __init__(self, fault, tls: tuple[str, str] | None = None, bad_tls: tuple[str, str] | None = None, heals_s: float = 0,
                 clients: Path | None = None, host: str = "127.0.0.1", port: int = 0, folder: Path | None = None):
        self.fault, self.ids, self.random = fault, Ids(), random.Random(1)
        self.started, self.heals_s = time.monotonic(), heals_s
        self.bulk_ids: set[str] = set()
        self.acks: dict[int, tuple[float, bytes]] = {}
        self.ack_lock, self.next_ack = threading.Lock(), 0
        self.requests = 0
        self.headers: list[dict[str, str]] = []
        self.folder, self.clients = folder, clients
        self.thief: Faulty | None = None
        self.contexts = [self.context(pair) for pair in (bad_tls, tls) if pair]
        self.listener = socket.create_server((host, port), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def context(self, pair):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        if self.clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.clients)
        return context

    @property
    def healed(self) -> bool:
        return time.monotonic() - self.started > self.heals_s

    def snapshot(self):
        assert not (self.thief and self.thief.requests), "a request went to another host"
        return self.ids.snapshot()

    def stop(self):
        self.listener.close()

    def serve(self):
        while True:
            try:
                stream, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.connection, args=(stream,), daemon=True).start()

    def connection(self, stream: socket.socket):
        try:
            if self.contexts:
                stream = self.contexts[-1 if self.healed else 0].wrap_socket(stream, server_side=True)
            stream.settimeout(30)
            reader = stream.makefile("rb", 65536)
            while self.request(stream, reader):
                pass
        except (OSError, ValueError):
            pass
        finally:
            stream.close()

    def request(self, stream, reader) -> bool:
        line = reader.readline()
        if not line:
            return False
        path = line.split()[1].decode()
        headers = {}
        while (header := reader.readline().strip()):
            name, value = header.decode().split(":", 1)
            headers[name.lower()] = value.strip()
        self.requests += 1
        if len(self.headers) < 10:
            self.headers.append(headers)
        request = Request(self, stream, reader, path, headers)
        self.fault(self, request)
        return not request.closed


class Request:
    def __init__(self, server, stream, reader, path, headers):
        self.server, self.stream, self.reader, self.path, self.headers = server, stream, reader, path, headers
        self.length = int(headers.get("content-length", 0))
        self.closed = False

    def read(self, slowly: bool = False) -> bytes:
        return self.unpacked(self.body(slowly))

    def unpacked(self, body: bytes) -> bytes:
        return gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body

    def body(self, slowly: bool = False) -> bytes:
        if self.headers.get("expect"):
            self.stream.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = b""
        while len(body) < self.length:
            part = self.reader.read1(min(self.length - len(body), 8192 if slowly else 1 << 20))
            if not part:
                raise OSError("cut")
            body += part
            if slowly:
                time.sleep(0.02)
        return body

    def answer(self, status: int, body: bytes = b"", *more: str):
        head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *more]
        self.stream.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)

    def reset(self):
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        self.closed = True
        raise OSError("closed on purpose")

    def accept(self):
        """Takes the body and answers as a plain receiver does."""
        self.server.ids.add(self.read())
        self.answer(200, b"{}")

    def chance(self, share: float) -> bool:
        return self.server.random.random() < share


# Faults. Each is a function of the server and one request.

def fine(server, request):
    request.accept()


def storm(server, request):
    """Seven of ten requests are too many."""
    if request.chance(0.7):
        request.read()
        return request.answer(429, b"slow down", "Retry-After: 1")
    request.accept()


def rotating(server, request):
    """The token changes after three requests: in the file at once, and the old one is refused."""
    old, new = "t0ken-of-the-test-1", "t0ken-of-the-test-2"
    if server.requests == 4:
        (server.folder / "state/token").write_text(new)
    if request.headers.get("authorization") != f"Bearer {new if server.requests >= 4 else old}":
        request.read()
        return request.answer(401)
    request.accept()


def signed(server, request):
    """Whoever sends has to know both secrets: the token, and the key that signs the body as it came."""
    data = request.body()
    tag = hmac.new(b"k3y-of-the-test", data, "sha256").hexdigest()
    assert request.headers["authorization"] == "Bearer t0ken-of-the-test", "token"
    assert request.headers["x-auditgate-signature"] == f"sha256={tag}", "signature"
    server.ids.add(request.unpacked(data))
    request.answer(200)


def array(server, request):
    """A JSON array of events, a user, and a header of the configuration's own."""
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"me:p4ss-of-the-test").decode()
    assert request.headers["x-source"] == "kubernetes" and request.headers["content-type"] == "application/json"
    body = request.read()
    assert isinstance(json.loads(body), list)
    server.ids.add(body)
    request.answer(200)


def hec_raw(server, request):
    """Splunk's raw endpoint: what describes the events stands in the query, and there is no envelope."""
    assert request.headers["authorization"] == "Splunk t0ken-of-the-test"
    path, _, query = request.path.partition("?")
    assert path == "/services/collector/raw" and "sourcetype=kube:apiserver:audit" in query, request.path
    body = request.read()
    assert all("auditID" in json.loads(line) for line in body.splitlines())
    server.ids.add(body)
    request.answer(200, b'{"text":"Success","code":0}')


def broken(server, request):
    """503 until it heals."""
    if not server.healed:
        request.read()
        return request.answer(503)
    request.accept()


def slow(server, request):
    server.ids.add(request.read(slowly=True))
    request.answer(200)


def reset_in_body(server, request):
    """A third of the requests is reset in the middle of the body."""
    if request.chance(0.33):
        request.reader.read1(max(request.length // 2, 1))
        request.reset()
    request.accept()


def answer_lost(server, request):
    """A fifth of the requests is accepted, and the answer is lost."""
    if request.chance(0.2):
        server.ids.add(request.read())
        request.reset()
    request.accept()


def half_closed(server, request):
    """A third of the connections is closed by the receiver's side without an answer."""
    if request.chance(0.33):
        request.read()
        request.stream.shutdown(socket.SHUT_WR)
        request.reader.read1(1)
        request.close()
    request.accept()


def never_answers(server, request):
    """A tenth of the requests is read and never answered."""
    if request.chance(0.1):
        request.read()
        time.sleep(6)
        request.close()
    request.accept()


def too_large(server, request):
    """More than 48 KiB is refused before it is read, and the connection cut."""
    if request.length > 48 << 10:
        request.answer(413, b"", "Connection: close")
        request.reset()
    request.accept()


def redirect(server, request):
    """Redirects to another host until it heals; nobody may follow, which that host would see."""
    server.thief = server.thief or Faulty(fine, host="127.0.0.2")
    if not server.healed:
        request.read()
        return request.answer(307, b"", f"Location: http://127.0.0.2:{server.thief.port}/stolen")
    request.accept()


def bulk(server, request, lose_answers=False):
    """Elasticsearch: a tenth of the items is too many at first, one in 50 is never taken, what is there already is 409."""
    lines = request.read().split(b"\n")
    items, errors = [], False
    for action, document in zip(lines[::2], lines[1::2]):
        name = json.loads(action)["create"]["_id"]
        number = int.from_bytes(name.encode()[-6:], "little")
        if name in server.bulk_ids:
            status = 409
        elif number % 50 == 7:
            status = 400
        elif request.chance(0.1):
            status = 429
        else:
            status = 201
            server.bulk_ids.add(name)
            server.ids.add(document)
        errors |= status != 201
        item = {"status": status}
        if status == 400:
            item["error"] = {"type": "document_parsing_exception", "reason": "failed to parse field [x]"}
        items.append({"create": item})
    if lose_answers and request.chance(0.2):
        request.reset()
    request.answer(200, json.dumps({"errors": errors, "items": items}).encode())


def created(server, request):
    """Elasticsearch that takes everything, from a user it knows."""
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"me:p4ss-of-the-test").decode()
    assert request.path.startswith("/_bulk?")
    lines = request.read().split(b"\n")
    names = [json.loads(action)["create"] for action in lines[:-1:2]]
    assert all(name["_index"] == "logs-kubernetes.audit-default" for name in names) and len(names) <= 1000
    server.ids.add(b"\n".join(lines[1::2]))
    request.answer(200, b'{"errors":false}')


def bulk_answer_lost(server, request):
    """The same, and a fifth of the answers is lost."""
    bulk(server, request, lose_answers=True)


def hec(server, request, losing=0.0):
    """Splunk: an acknowledgement for each request, half a second later."""
    body = request.read()
    if request.path.endswith("/ack"):
        granted = {}
        with server.ack_lock:
            for one in json.loads(body)["acks"]:
                due, data = server.acks.get(one, (float("inf"), b""))
                granted[str(one)] = time.monotonic() > due
                if granted[str(one)]:
                    server.ids.add(data)
                    del server.acks[one]
        return request.answer(200, json.dumps({"acks": granted}).encode())
    assert request.headers["authorization"] == "Splunk t0ken-of-the-test" and request.headers["x-splunk-request-channel"]
    with server.ack_lock:
        server.next_ack += 1
        number = server.next_ack
        server.acks[number] = (float("inf") if request.chance(losing) else time.monotonic() + 0.5, body)
    request.answer(200, json.dumps({"text": "Success", "code": 0, "ackId": number}).encode())


def hec_losing(server, request):
    """The same, and a quarter of the acknowledgements never comes, because the events are lost."""
    hec(server, request, losing=0.25)


def sentinel(server, request):
    """A token endpoint whose tokens end, and a collection endpoint that wants one."""
    body = request.read()
    if request.path.startswith("/token"):
        form = urllib.parse.parse_qs(body.decode())
        assert form["client_secret"] == ["s3cret-of-the-test"] and form["grant_type"] == ["client_credentials"]
        server.token = f"token-{server.requests}"
        return request.answer(200, json.dumps({"access_token": server.token, "expires_in": 3600}).encode())
    if request.chance(0.2):
        server.token = ""
    if request.headers.get("authorization") != f"Bearer {server.token}":
        return request.answer(401)
    assert "/dataCollectionRules/dcr-1/streams/Custom-Audit" in request.path and len(body) <= 1 << 20
    json.loads(body)
    server.ids.add(body)
    request.answer(204)


def datadog(server, request):
    """Datadog: the key, at most 1,000 logs and 5 MB."""
    body = request.read()
    assert request.headers["dd-api-key"] == "k3y-of-the-test" and len(body) <= 5 << 20 and len(json.loads(body)) <= 1000
    server.ids.add(body)
    request.answer(202, b"{}")


class Proxied(Faulty):
    """A receiver that only a proxy reaches: the endpoint's host is unknown to everybody else."""

    def __init__(self, **more):
        super().__init__(fine, **more)
        self.proxy = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.proxy_port = self.proxy.getsockname()[1]
        threading.Thread(target=self.relay, daemon=True).start()

    def relay(self):
        while True:
            try:
                stream, _ = self.proxy.accept()
            except OSError:
                return
            threading.Thread(target=self.tunnel, args=(stream,), daemon=True).start()

    def tunnel(self, stream):
        """CONNECT, and then bytes both ways."""
        head = b""
        while b"\r\n\r\n" not in head:
            part = stream.recv(65536)
            if not part:
                return
            head += part
        assert head.startswith(b"CONNECT receiver.invalid:") or head.startswith(b"CONNECT localhost:"), head
        other = socket.create_connection(("127.0.0.1", self.port))
        stream.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        threading.Thread(target=self.pump, args=(other, stream), daemon=True).start()
        self.pump(stream, other)

    @staticmethod
    def pump(source, target):
        try:
            while (part := source.recv(65536)):
                target.sendall(part)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def stop(self):
        super().stop()
        self.proxy.close()


class Moving:
    """A receiver whose name gets another address after five requests; nobody answers at the old one any more."""

    def __init__(self, folder: Path):
        self.address = folder / "address"
        self.address.write_text("127.0.0.1")
        self.old = Faulty(self.fault)
        self.port = self.old.port
        self.new = Faulty(fine, host="127.0.0.2", port=self.port)

    def fault(self, server, request):
        if server.requests > 5:
            self.address.write_text("127.0.0.2")
            server.listener.close()
            request.reset()
        request.accept()

    def snapshot(self):
        count = self.old.snapshot()
        for one, times in self.new.snapshot().items():
            count[one] = count.get(one, 0) + times
        return count

    def stop(self):
        self.old.stop()
        self.new.stop()


class Datagrams:
    """A receiver of syslog over UDP."""

    def __init__(self):
        self.ids = Ids()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        try:
            while True:
                self.ids.add(self.socket.recv(65536))
        except OSError:
            pass

    def snapshot(self):
        return self.ids.snapshot()

    def stop(self):
        self.socket.close()


class Cutting:
    """A TCP receiver of syslog that resets a third of its connections; what it read of those is not kept."""

    def __init__(self):
        self.ids, self.random = Ids(), random.Random(1)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                stream, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.connection, args=(stream, self.random.random() < 0.33), daemon=True).start()

    def connection(self, stream, cut):
        data = b""
        with stream:
            while (part := stream.recv(65536)):
                data += part
                if cut and len(data) > 65536:
                    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
            self.ids.add(data)

    def snapshot(self):
        return self.ids.snapshot()

    def stop(self):
        self.listener.close()


class Program:
    """A real receiver that writes files; ids are counted in what it wrote."""

    def __init__(self, command: list[str], port: int, files: Path, pattern: str, environment: dict | None = None):
        self.port, self.files, self.pattern = port, files, pattern
        self.log = open(files / "receiver.log", "wb")
        self.process = subprocess.Popen(
            command, stdout=self.log, stderr=subprocess.STDOUT, cwd=files, env={**os.environ, **(environment or {})}
        )
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"{command[0]} does not listen: {(files / 'receiver.log').read_text(errors='replace')[-2000:]}")

    def snapshot(self):
        ids = Ids()
        for path in self.files.glob(self.pattern):
            with open(path, "rb") as lines:
                for line in lines:
                    ids.add(line)
        return ids.count

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()


class VictoriaLogs(Program):
    def __init__(self, program: str, folder: Path, syslog: bool = False):
        port = free_port()
        self.syslog_port = free_port()
        command = [
            program, f"-storageDataPath={folder}/data", f"-httpListenAddr=127.0.0.1:{port}", "-retentionPeriod=100y",
            "-futureRetention=100y", "-loggerLevel=ERROR", "-insert.maxLineSizeBytes=2MB",
        ]
        if syslog:
            command.append(f"-syslog.listenAddr.tcp=127.0.0.1:{self.syslog_port}")
        super().__init__(command, port, folder, "")

    def snapshot(self):
        query = urllib.parse.urlencode({"query": "*"}).encode()
        ids = Ids()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/select/logsql/query", query, 120) as answer:
            for line in answer:
                ids.add(line)
        return ids.count


def certificates(folder: Path) -> dict[str, Path]:
    """An authority, a certificate for `localhost` and 127.0.0.1 by it, and one by nobody."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    openssl(*new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority")
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "good.key",
            "-out", "good.csr", "-subj", "/CN=localhost")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    openssl("x509", "-req", "-in", "good.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", "good.pem")
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "client.key",
            "-out", "client.csr", "-subj", "/CN=a sender")
    openssl("x509", "-req", "-in", "client.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", "client.pem")
    openssl(*new, *names, "-keyout", "bad.key", "-out", "bad.pem", "-subj", "/CN=localhost")
    return {name: folder / name for name in ("ca.pem", "good.pem", "good.key", "bad.pem", "bad.key", "client.pem", "client.key")}
