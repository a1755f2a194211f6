"""Starts receivers on loopback, sends them lines, and says what they read."""

import contextlib
import json
import os
import pathlib
import shlex
import shutil
import socket
import subprocess
import tempfile
import time

WAIT_SECONDS = 90


class Skipped(Exception):
    """What a check needs is not here."""


def tool(variable: str, *names: str) -> str:
    """A program by an environment variable or the PATH."""
    named = os.environ.get(variable)
    found = named if named and os.access(named, os.X_OK) else None
    for name in names:
        found = found or shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")
    if not found:
        raise Skipped(f"found no {names[0]}: set {variable} or install it")
    return found


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@contextlib.contextmanager
def running(command: list[str], port: int | None, folder: pathlib.Path, env: dict | None = None):
    """A process for the length of a block; waits until its port answers."""
    log = (folder / "process.log").open("ab")
    process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env={**os.environ, **(env or {})})
    try:
        if port:
            until(lambda: connects(port) or process.poll() is not None, f"{command[0]} to listen")
        if process.poll() is not None:
            raise RuntimeError(f"{command[0]} ended: {(folder / 'process.log').read_text()[-2000:]}")
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def connects(port: int) -> bool:
    with socket.socket() as sock:
        sock.settimeout(0.2)
        return sock.connect_ex(("127.0.0.1", port)) == 0


def until(condition, what: str, seconds: float = WAIT_SECONDS):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise RuntimeError(f"waited {seconds} s for {what}")


# The file output of Fluent Bit 3.1 writes the marks around a group of OTLP's log records as if they were records.
GROUP_MARK = '{"resource":'


def read_json_lines(path: pathlib.Path, count: int) -> list[dict]:
    """`count` lines of JSON, as soon as they are there."""

    def lines():
        text = path.read_bytes().decode() if path.exists() else ""
        found = [line for line in text.split("\n") if line not in ("", "{}") and not line.startswith(GROUP_MARK)]
        return found if len(found) >= count and text.endswith("\n") else None

    try:
        found = until(lines, f"{count} records in {path.name}")
    except RuntimeError as error:
        got = path.read_text().count("\n") if path.exists() else 0
        raise RuntimeError(f"{error}, found {got}") from None
    return [json.loads(line) for line in found]


def send(port: int, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(data)


def octets(lines: list[str]) -> bytes:
    """RFC 6587, octet counting."""
    return b"".join(str(len(line.encode())).encode() + b" " + line.encode() for line in lines)


def lines_of(lines: list[str]) -> bytes:
    return b"".join(line.encode() + b"\n" for line in lines)


RSYSLOG = """
global(maxMessageSize="1m" workDirectory="{folder}" parser.escapeControlCharacterTab="off")
module(load="imtcp" maxSessions="10" maxFrameSize="1000000")
input(type="imtcp" port="{port}" address="127.0.0.1")
template(name="parts" type="list" option.jsonf="on") {{
  property(outname="pri" name="pri" format="jsonf")
  property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="app" name="app-name" format="jsonf")
  property(outname="pid" name="procid" format="jsonf")
  property(outname="msgid" name="msgid" format="jsonf")
  property(outname="message" name="msg" format="jsonf")
}}
*.* action(type="omfile" file="{folder}/out.jsonl" template="parts")
"""

SYSLOG_NG = """@version: 3.35
options {{ log-msg-size(1048576); keep-hostname(yes); chain-hostnames(no); use-dns(no); frac-digits(6); ts-format(iso); stats-freq(0); }};
source s {{ {source}(ip("127.0.0.1") port({port}) transport("tcp") {flags}); }};
destination d {{ file("{folder}/out.jsonl" template("$(format-json --scope none pri=$PRI time=$S_ISODATE host=$HOST app=$PROGRAM pid=$PID msgid=$MSGID message=$MSG)\\n")); }};
log {{ source(s); destination(d); }};
"""

FLUENT_BIT = """
[SERVICE]
    flush 0.2
    grace 1
    log_level warn
    parsers_file parsers.conf
[INPUT]
    name syslog
    mode tcp
    listen 127.0.0.1
    port {port}
    parser {parser}
    buffer_chunk_size 256k
    buffer_max_size 1M
[OUTPUT]
    name file
    match *
    path {folder}
    file out.jsonl
    format plain
"""

PARSERS = r"""
[PARSER]
    name rfc5424
    format regex
    regex ^\<(?<pri>[0-9]{1,5})\>1 (?<time>[^ ]+) (?<host>[^ ]+) (?<app>[^ ]+) (?<pid>[-0-9]+) (?<msgid>[^ ]+) - (?<message>.+)$
    time_key time
    time_format %Y-%m-%dT%H:%M:%S.%L%z
    time_keep on
[PARSER]
    name rfc3164
    format regex
    regex /^\<(?<pri>[0-9]+)\>(?<time>[^ ]* {1,2}[^ ]* [^ ]*) (?<host>[^ ]*) (?<app>[a-zA-Z0-9_\/\.\-]*)(?:\[(?<pid>[0-9]+)\])?: (?<message>.*)$/
    time_key time
    time_format %b %d %H:%M:%S
    time_keep on
"""


@contextlib.contextmanager
def workplace():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="auditgate-formats-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def through_rsyslog(lines: list[str], _rfc3164: bool) -> list[dict]:
    program = tool("RSYSLOG", "rsyslogd")
    with workplace() as folder:
        port = free_port()
        (folder / "rsyslog.conf").write_text(RSYSLOG.format(folder=folder, port=port))
        command = [program, "-n", "-f", str(folder / "rsyslog.conf"), "-i", str(folder / "pid")]
        with running(command, port, folder):
            send(port, octets(lines))
            return read_json_lines(folder / "out.jsonl", len(lines))


def syslog_ng() -> list[str]:
    """How it is started: `SYSLOG_NG` says so, and scripts/syslog-ng.sh knows."""
    return shlex.split(os.environ.get("SYSLOG_NG", "")) or [tool("SYSLOG_NG", "syslog-ng")]


def through_syslog_ng(lines: list[str], rfc3164: bool) -> list[dict]:
    program = syslog_ng()
    with workplace() as folder:
        port = free_port()
        source = ("network", "flags(store-raw-message)") if rfc3164 else ("syslog", "")
        text = SYSLOG_NG.format(folder=folder, port=port, source=source[0], flags=source[1])
        (folder / "syslog-ng.conf").write_text(text)
        command = [*program, "-F", "--no-caps", "-f", "syslog-ng.conf", "-R", "persist", "-p", "pid", "-c", "control"]
        with running(command, port, folder):
            send(port, lines_of(lines) if rfc3164 else octets(lines))
            return read_json_lines(folder / "out.jsonl", len(lines))


def through_fluent_bit(lines: list[str], rfc3164: bool) -> list[dict]:
    program = tool("FLUENT_BIT", "fluent-bit")
    with workplace() as folder:
        port = free_port()
        (folder / "parsers.conf").write_text(PARSERS)
        parser = "rfc3164" if rfc3164 else "rfc5424"
        (folder / "fluent-bit.conf").write_text(FLUENT_BIT.format(folder=folder, port=port, parser=parser))
        with running([program, "-c", "fluent-bit.conf"], port, folder):
            send(port, lines_of(lines))
            return read_json_lines(folder / "out.jsonl", len(lines))
