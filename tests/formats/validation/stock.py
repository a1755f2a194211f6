"""The filter role: a real Fluent Bit with the module and a policy that names a format, its stock outputs, real receivers."""

import contextlib
import json
import os
import pathlib
import re
import socket
import threading

import arrival
from receivers import PARSERS, FLUENT_BIT, Skipped, free_port, read_json_lines, running, tool, until, workplace

SENDER = """
[SERVICE]
    flush 0.2
    grace 1
    log_level warn
    parsers_file parsers.conf
[INPUT]
    name tail
    path {folder}/in.jsonl
    read_from_head on
    tag audit.k8s
    parser json
    buffer_max_size 4M
    buffer_chunk_size 1M
[FILTER]
    name wasm
    match *
    wasm_path {module}
    function_name auditgate_filter
    accessible_paths {folder}
    event_format json
    wasm_stack_size 256K
[OUTPUT]
    match *
    {output}
    retry_limit 3
"""

POLICY = """
apiVersion: auditgate/v1
kind: Policy
destinations:
- {{name: siem, format: {format}}}
"""

JSON_PARSER = """
[PARSER]
    name json
    format json
"""


def module() -> str:
    named = os.environ.get("AUDITGATE_FORMATS", "dist/auditgate-formats.wasm")
    path = pathlib.Path(named).absolute()
    if not path.exists():
        raise Skipped(f"no {named}: make module")
    return str(path)


@contextlib.contextmanager
def sender(events: bytes, name: str, output: str, within: tuple[str, ...] = (), env: dict | None = None):
    """A Fluent Bit that sends events in a format through a stock output; `within` is a command that starts it."""
    program, wasm = tool("FLUENT_BIT", "fluent-bit"), module()
    with workplace() as folder:
        (folder / "in.jsonl").write_bytes(events)
        (folder / "parsers.conf").write_text(JSON_PARSER)
        (folder / "auditgate.yaml").write_text(POLICY.format(format=name))
        (folder / "sender.conf").write_text(SENDER.format(folder=folder, module=wasm, output=output.replace("\n", "\n    ")))
        with running([*within, program, "-c", "sender.conf"], None, folder, env):
            yield


def without_stamp(record: dict) -> dict:
    """A record without what only the filter role adds; it has to be there."""
    stamp = record.pop("auditgate", None)
    if not isinstance(stamp, dict) or stamp.get("routes") != "+siem+":
        raise AssertionError(f"no stamp: {json.dumps(record)[:500]}")
    record.get("unmapped", {}).pop("auditgate", None)
    return record


def expected(run, name: str, data: bytes) -> list[dict]:
    records = [json.loads(line) for line in run(name, data)]
    for record in records:
        record.pop("auditgate", None)
        # OCSF keeps the stamp of the run as well, which names no destination.
        record.get("unmapped", {}).pop("auditgate", None)
    return records


def elasticsearch(run, data: bytes) -> str:
    wanted = expected(run, "ecs", data)
    names, documents = set(), set()
    with arrival.fluent_bit("elasticsearch") as (port, received):
        output = f"name es\nhost 127.0.0.1\nport {port}\nindex audit\nsuppress_type_name on\nwrite_operation create\nid_key $event['hash']\ntime_key sent\nbuffer_size 4M"
        with sender(data, "es_bulk", output):
            for want, got in zip(wanted, received(len(wanted)), strict=True):
                meta = got.pop("@meta")
                got.pop("sent")
                name = got["event"].pop("hash")
                arrival.same(want, without_stamp(got), "document")
                names.add(name)
                documents.add(json.dumps(want, sort_keys=True))
                if "_id" in meta.get("create", {}):
                    arrival.same(name, meta["create"]["_id"], "_id")
    # An event that comes twice has one name, two events have two.
    arrival.same(len(documents), len(names), "names of documents")
    return f"{len(wanted)} documents"


def splunk(run, data: bytes) -> str:
    wanted = expected(run, "splunk_hec", data)
    with arrival.fluent_bit("splunk") as (port, received):
        with sender(data, "splunk_hec", f"name splunk\nhost 127.0.0.1\nport {port}\nsplunk_token x\nsplunk_send_raw on"):
            for want, got in zip(wanted, received(len(wanted)), strict=True):
                arrival.same({**want, "time": None}, {**without_stamp(got), "time": None}, "event")
    return f"{len(wanted)} events"


def http(run, data: bytes) -> str:
    wanted = expected(run, "ocsf", data)
    with arrival.fluent_bit("http") as (port, received):
        with sender(data, "ocsf", f"name http\nhost 127.0.0.1\nport {port}\nformat json\njson_date_key false"):
            for want, got in zip(wanted, received(len(wanted)), strict=True):
                arrival.same(want, without_stamp(got), "event")
    return f"{len(wanted)} events"


def opentelemetry(run, data: bytes) -> str:
    wanted = run("raw", data)
    with arrival.fluent_bit("opentelemetry") as (port, received):
        output = f"name opentelemetry\nhost 127.0.0.1\nport {port}\nlogs_uri /v1/logs\nlogs_body_key $log\nlogs_body_key_attributes on"
        with sender(data, "otlp", output):
            for want, got in zip(wanted, received(len(wanted)), strict=True):
                # The input of Fluent Bit 3.1 puts the body under `message`.
                body = got["log"] if "log" in got else got["message"]
                arrival.same(json.loads(want), json.loads(body), "body")
    return f"{len(wanted)} log records"


def syslog(run, data: bytes) -> str:
    wanted = run("cef", data)
    with workplace() as folder:
        port = free_port()
        (folder / "parsers.conf").write_text(PARSERS)
        (folder / "fluent-bit.conf").write_text(FLUENT_BIT.format(folder=folder, port=port, parser="rfc5424"))
        with running([tool("FLUENT_BIT", "fluent-bit"), "-c", "fluent-bit.conf"], port, folder):
            output = f"name syslog\nhost 127.0.0.1\nport {port}\nmode tcp\nsyslog_format rfc5424\nsyslog_maxsize 1000000\nsyslog_message_key log\nsyslog_appname_preset auditgate\nsyslog_hostname_preset node-1\nsyslog_procid_preset 1\nsyslog_msgid_preset audit"
            with sender(data, "cef", output):
                for want, got in zip(wanted, read_json_lines(folder / "out.jsonl", len(wanted)), strict=True):
                    arrival.same(want, got["message"].removeprefix("\ufeff"), "line")
    return f"{len(wanted)} lines"


def loki(run, data: bytes) -> str:
    wanted = run("raw", data)
    with arrival.victoria_logs() as (port, received):
        output = f"name loki\nhost 127.0.0.1\nport {port}\nuri /insert/loki/api/v1/push?disable_message_parsing=1\nlabels job=audit\nlabel_keys $source,$outcome,$level,$cluster\nremove_keys auditgate\ndrop_single_key raw\nline_format json"
        with sender(data, "loki", output):
            lines = sorted(json.dumps(json.loads(event["_msg"]), sort_keys=True) for event in received(len(wanted)))
            arrival.same(sorted(json.dumps(json.loads(line), sort_keys=True) for line in wanted), lines, "lines")
    return f"{len(wanted)} lines"


def gelf(run, data: bytes) -> str:
    wanted = expected(run, "gelf", data)
    messages: list[dict] = []
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        threading.Thread(target=listen, args=(server, messages), daemon=True).start()
        output = f"name gelf\nhost 127.0.0.1\nport {server.getsockname()[1]}\nmode tcp\ngelf_short_message_key short_message\ngelf_full_message_key full_message\ngelf_host_key host\ngelf_level_key level\ngelf_timestamp_key timestamp"
        with sender(data, "gelf", output):
            until(lambda: len(messages) >= len(wanted), f"{len(wanted)} GELF messages")
    damaged = 0
    for want, got in zip(wanted, messages, strict=True):
        want, got = ({**message, "full_message": json.loads(message["full_message"])} for message in (want, got))
        want = {key: want[key] for key in set(want) - {"version", "timestamp"}}
        got = {key: got.get(key) for key in want}
        if got != want and got == with_five_digits(want):
            damaged += 1
        else:
            arrival.same(want, got, "message")
    return f"{len(wanted)} messages" + (f", {damaged} with other characters above U+FFFF" if damaged else "")


def with_five_digits(message: dict) -> dict:
    """What the output of Fluent Bit 3.1 makes of characters above U+FFFF: five digits where JSON has four, so that the last is text."""
    four_and_one = lambda match: chr(int(f"{ord(match[0]):x}"[:4], 16)) + f"{ord(match[0]):x}"[4:]
    return json.loads(re.sub("[\U00010000-\U0010ffff]", four_and_one, json.dumps(message, ensure_ascii=False)))


def listen(server: socket.socket, messages: list[dict]) -> None:
    """Takes GELF messages, each of which ends in a zero byte."""
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        rest = b""
        with connection:
            while data := connection.recv(65536):
                *whole, rest = (rest + data).split(b"\0")
                messages.extend(json.loads(message) for message in whole)


CHECKS = {"es": elasticsearch, "splunk": splunk, "http": http, "opentelemetry": opentelemetry, "syslog": syslog, "loki": loki, "gelf": gelf}
