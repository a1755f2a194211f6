"""Sends whole batches to real receivers, and compares what they stored with what was sent."""

import contextlib
import json
import urllib.error
import urllib.parse
import urllib.request

from receivers import free_port, read_json_lines, running, tool, until, workplace

FRAMES = {
    "splunk_hec": ("", "\n", "\n"),
    "es_bulk": ("", "\n", "\n"),
    "loki": ('{"streams":[', ",", "]}"),
    "otlp": ('{"resourceLogs":[{"resource":{"attributes":[]},"scopeLogs":[{"scope":{},"logRecords":[', ",", "]}]}]}"),
    "datadog": ("[", ",", "]"),
    "ecs": ("[", ",", "]"),
}

INPUTS = {
    "splunk": "name splunk\n    listen 127.0.0.1\n    port {port}\n    buffer_max_size 16M",
    "elasticsearch": "name elasticsearch\n    listen 127.0.0.1\n    port {port}\n    buffer_max_size 16M",
    "http": "name http\n    listen 127.0.0.1\n    port {port}\n    buffer_max_size 16M",
    "opentelemetry": "name opentelemetry\n    listen 127.0.0.1\n    port {port}\n    buffer_max_size 16M",
}

CONFIGURATION = """
[SERVICE]
    flush 0.2
    grace 1
    log_level warn
[INPUT]
    {input}
[OUTPUT]
    name file
    match *
    path {folder}
    file out.jsonl
    format plain
"""


def post(port: int, path: str, body: str, content_type: str) -> bytes:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body.encode(), {"Content-Type": content_type})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{path}: {error.code} {error.read()[:500]}") from None


@contextlib.contextmanager
def fluent_bit(kind: str):
    """A Fluent Bit that listens; gives the port and what it has received."""
    program = tool("FLUENT_BIT", "fluent-bit")
    with workplace() as folder:
        port = free_port()
        text = CONFIGURATION.format(input=INPUTS[kind].format(port=port), folder=folder)
        (folder / "fluent-bit.conf").write_text(text)
        with running([program, "-c", "fluent-bit.conf"], port, folder):
            yield port, lambda count: read_json_lines(folder / "out.jsonl", count)


@contextlib.contextmanager
def victoria_logs():
    program = tool("VICTORIA_LOGS", "victoria-logs")
    with workplace() as folder:
        port = free_port()
        options = [f"-httpListenAddr=127.0.0.1:{port}", f"-storageDataPath={folder}/data", "-retentionPeriod=100y", "-futureRetention=100y"]
        with running([program, *options, "-insert.maxLineSizeBytes=4MB"], port, folder):
            yield port, lambda count: stored(port, count)


def stored(port: int, count: int) -> list[dict]:
    """What VictoriaLogs has, as soon as it has so many."""

    def query():
        text = urllib.parse.urlencode({"query": "*", "limit": 10_000})
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/select/logsql/query?{text}", timeout=30) as answer:
            lines = answer.read().decode().split("\n")
        found = [json.loads(line) for line in lines if line]
        return found if len(found) >= count else None

    return until(query, f"{count} events in VictoriaLogs")


def batch(run, name: str, data: bytes) -> tuple[list[str], str]:
    """The bodies of a format and the batch around them."""
    lines = run(name, data)
    if name.startswith("es_bulk"):
        lines = ["\n".join(pair) for pair in zip(lines[::2], lines[1::2], strict=True)]
    head, between, tail = FRAMES[name.split("+")[0]]
    return lines, head + between.join(lines) + tail


def same(one, other, what: str) -> None:
    """Equal as JSON."""
    if one != other:
        raise AssertionError(f"{what}: sent {json.dumps(one)[:900]}, arrived {json.dumps(other)[:900]}")


def flat(value, path: str = "") -> dict:
    """A value as VictoriaLogs stores it: leaves by their path, as texts; arrays as JSON."""
    if isinstance(value, dict):
        return {key: text for name, inner in value.items() for key, text in flat(inner, f"{path}.{name}" if path else name).items()}
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return {path: text} if text else {}


def splunk(run, data: bytes) -> str:
    lines, body = batch(run, "splunk_hec", data)
    with fluent_bit("splunk") as (port, received):
        post(port, "/services/collector/event", body, "application/json")
        for line, got in zip(lines, received(len(lines)), strict=True):
            sent = json.loads(line)
            same({**sent, "time": None}, {**got, "time": None}, "splunk")
    return f"{len(lines)} events"


def elasticsearch(run, data: bytes) -> str:
    lines, body = batch(run, "es_bulk", data)
    with fluent_bit("elasticsearch") as (port, received):
        answer = json.loads(post(port, "/_bulk", body, "application/x-ndjson"))
        if answer["errors"] or len(answer["items"]) != len(lines):
            raise AssertionError(f"answered {str(answer)[:500]}")
        for line, got in zip(lines, received(len(lines)), strict=True):
            action, document = map(json.loads, line.split("\n"))
            same(action, got.pop("@meta"), "action")
            same(document, got, "document")
    return f"{len(lines)} documents"


def http(run, data: bytes) -> str:
    lines, body = batch(run, "ecs", data)
    with fluent_bit("http") as (port, received):
        post(port, "/", body, "application/json")
        for line, got in zip(lines, received(len(lines)), strict=True):
            same(json.loads(line), got, "ecs")
    return f"{len(lines)} records"


def opentelemetry(run, data: bytes) -> str:
    lines, body = batch(run, "otlp", data)
    raw = run("raw", data)
    with fluent_bit("opentelemetry") as (port, received):
        post(port, "/v1/logs", body, "application/json")
        for line, got in zip(raw, received(len(lines)), strict=True):
            same(line, got["log"], "body")
    return f"{len(lines)} log records"


def victoria_bulk(run, data: bytes) -> str:
    lines, body = batch(run, "es_bulk+ecs", data)
    with victoria_logs() as (port, received):
        path = "/insert/elasticsearch/_bulk?_time_field=@timestamp&_msg_field=message"
        post(port, path, body, "application/x-ndjson")
        got = received(len(lines))
        for line in lines:
            sent = flat(json.loads(line.split("\n")[1]))
            moment, message = short(sent.pop("@timestamp")), sent.pop("message", None)
            sent |= {"_time": moment} | ({"_msg": message} if message else {})
            arrived(sent, got)
    return f"{len(lines)} documents"


def arrived(sent: dict, got: list[dict]) -> None:
    """One of the events has every field as it was sent. What the real traces call by one id twice is told apart by its content."""
    one = [event for event in got if all(value(event.get(key)) == value(text) for key, text in sent.items())]
    if not one:
        near = max(got, key=lambda event: sum(event.get(key) == text for key, text in sent.items()))
        differs = {key: (text, near.get(key)) for key, text in sent.items() if value(near.get(key)) != value(text)}
        raise AssertionError(f"not arrived; sent and nearest: {json.dumps(differs)[:900]}")


def value(text: str | None):
    """Lists by what they hold: VictoriaLogs writes them with escapes of its own."""
    try:
        return json.loads(text) if text and text.startswith("[") else text
    except ValueError:
        return text


def short(text: str) -> str:
    """A time as VictoriaLogs writes it: without the zeros at its end."""
    whole, _, fraction = text.replace("+00:00", "Z").rstrip("Z").partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"


def victoria_loki(run, data: bytes) -> str:
    lines, body = batch(run, "loki+cef", data)
    with victoria_logs() as (port, received):
        post(port, "/insert/loki/api/v1/push", body, "application/json")
        got = received(len(lines))
        for line in lines:
            stream = json.loads(line)
            ((nanos, text, metadata),) = stream["values"]
            arrived({"_time": of_nanos(int(nanos)), "_msg": text, **stream["stream"], **metadata}, got)
    return f"{len(lines)} lines"


def of_nanos(nanos: int) -> str:
    import datetime

    seconds, rest = divmod(nanos, 10**9)
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return short(f"{moment:%Y-%m-%dT%H:%M:%S}.{rest:09}Z")


def victoria_datadog(run, data: bytes) -> str:
    lines, body = batch(run, "datadog", data)
    with victoria_logs() as (port, received):
        post(port, "/insert/datadog/api/v2/logs", body, "application/json")
        sent = sorted(json.loads(line)["message"] for line in lines)
        same(sent, sorted(event["_msg"] for event in received(len(lines))), "messages")
    return f"{len(lines)} logs"


CHECKS = {
    "splunk_hec in Fluent Bit": splunk,
    "es_bulk in Fluent Bit": elasticsearch,
    "ecs in Fluent Bit's HTTP input": http,
    "otlp in Fluent Bit": opentelemetry,
    "es_bulk in VictoriaLogs": victoria_bulk,
    "loki in VictoriaLogs": victoria_loki,
    "datadog in VictoriaLogs": victoria_datadog,
}
