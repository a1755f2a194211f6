"""The filter role: stock outputs that send to Kafka, and to services of Amazon and Azure, each in the formats that make sense there."""

import concurrent.futures
import contextlib
import gzip
import json
import pathlib
import re
import ssl
import subprocess
import urllib.error
import urllib.request

import arrival
from receivers import Skipped, free_port, running, tool, until, workplace
from stock import expected, sender, without_stamp

HERE = pathlib.Path(__file__).parent
REGION = "us-east-1"
AMAZON = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}

# Output, format, settings. Objects arrive as JSON, lines as they are; `sent` is where a time goes that an output adds by itself.
CASES = [
    ("kafka", "ecs", "format json\ntimestamp_key sent"),
    ("kafka", "ocsf", "format json\ntimestamp_key sent"),
    ("kafka", "cef", "format raw\nraw_log_key log"),
    ("s3", "ocsf", "json_date_key false"),
    ("s3", "cef", "log_key log"),
    ("cloudwatch_logs", "ecs", ""),
    ("cloudwatch_logs", "leef", "log_key log"),
    ("azure_logs_ingestion", "sentinel", "time_key sent\ntime_generated on"),
]

# The session is short: a member that joined before the topic was there is waited for until its session ends.
BROKER = """
[SERVICE]
    flush 0.2
[INPUT]
    name kafka
    brokers localhost:1
    topics audit
    group_id test
    rdkafka.test.mock.num.brokers 1
    rdkafka.auto.offset.reset earliest
    rdkafka.allow.auto.create.topics true
    rdkafka.topic.metadata.refresh.interval.ms 500
    rdkafka.session.timeout.ms 6000
    rdkafka.heartbeat.interval.ms 500
[OUTPUT]
    name file
    match *
    path {folder}
    file out.jsonl
    format plain
"""

# The output for Azure asks whom the machine trusts: for this process, the certificate that comes first.
TRUST = 'mount -t tmpfs trust /etc/ssl/certs && cp "$1" /etc/ssl/certs/ca-bundle.crt && shift && exec "$@"'


def check(output: str):
    """Sends in each format, and compares what arrived as a whole; brokers keep no order."""

    def through(run, data: bytes) -> str:
        says = subprocess.run([tool("FLUENT_BIT", "fluent-bit"), "-o", output, "--help"], capture_output=True, text=True)
        if output not in says.stdout:
            raise Skipped(f"this Fluent Bit was built without {output}")
        cases = [(name, settings) for of, name, settings in CASES if of == output]
        # Kafka's output of Fluent Bit 3.1 sends whole records alone.
        able = [case for case in cases if "raw_log_key" not in case[1] or "raw_log_key" in says.stdout]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            done = list(pool.map(lambda case: one(run, data, output, *case), able))
        return ", ".join(done + [f"SKIPPED {name}: it cannot send a line" for name, settings in cases if (name, settings) not in able])

    return through


def one(run, data: bytes, output: str, name: str, settings: str) -> str:
    wanted = expected(run, name, data) if json_lines(name) else run(name, data)
    with RECEIVERS[output]() as (reached, options, received):
        with sender(data, name, f"name {output}\n{reached}\n{settings}", **options):
            got = until(lambda: whole(received(), len(wanted)), f"{len(wanted)} events of {name} through {output}")
    if json_lines(name):
        got = [of_record(line, "sent" in settings) for line in got]
    for want, have in zip(in_order(wanted), in_order(got), strict=True):
        arrival.same(want, have, name)
    return f"{len(got)} events as {name}"


def json_lines(name: str) -> bool:
    return name not in ("cef", "leef")


def whole(lines: list[str], count: int) -> list[str] | None:
    return lines if len(lines) >= count else None


def of_record(line: str, timed: bool) -> dict:
    record = json.loads(line)
    if timed:
        record.pop("sent")
    return without_stamp(record)


def in_order(events: list) -> list[str]:
    return sorted(json.dumps(event, sort_keys=True) for event in events)


@contextlib.contextmanager
def kafka():
    """The broker inside librdkafka, which chooses its port, and the input of Fluent Bit that starts it and reads from it."""
    with workplace() as folder:
        (folder / "fluent-bit.conf").write_text(BROKER.format(folder=folder))
        with running([tool("FLUENT_BIT", "fluent-bit"), "-c", "fluent-bit.conf"], None, folder):
            port = until(lambda: re.search(r"replaced with 127\.0\.0\.1:(\d+)", (folder / "process.log").read_text()), "a broker")[1]

            def received():
                return [message["payload"] for message in lines_of(folder / "out.jsonl")]

            yield f"brokers 127.0.0.1:{port}\ntopics audit", {}, received


def lines_of(path: pathlib.Path) -> list[dict]:
    text = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in text.split("\n")[:-1]]


@contextlib.contextmanager
def moto():
    """The emulator of Amazon's services: how it is reached, and a function that asks it."""
    program = tool("MOTO_SERVER", "moto_server")
    with workplace() as folder:
        port, pem, key = free_port(), *certificate(folder)
        with running([program, "-H", "127.0.0.1", "-p", str(port), "-s", "-c", str(pem), "-k", str(key)], port, folder):
            trust = ssl.create_default_context(cafile=pem)

            def ask(service: str, path: str = "", method: str = "GET", headers: dict | None = None, body: bytes | None = None) -> bytes:
                signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential=none/20260101/{REGION}/{service}/aws4_request"}
                request = urllib.request.Request(f"https://localhost:{port}/{path}", body, {**signed, **(headers or {})}, method=method)
                with urllib.request.urlopen(request, timeout=30, context=trust) as answer:
                    return answer.read()

            yield port, f"region {REGION}\ntls.ca_file {pem}", ask


@contextlib.contextmanager
def s3():
    with moto() as (port, reached, ask):
        ask("s3", "audit", "PUT")

        def received():
            keys = re.findall(r"<Key>(.*?)</Key>", ask("s3", "audit?list-type=2").decode())
            return [line for key in keys for line in gzip.decompress(ask("s3", f"audit/{key}")).decode().split("\n")[:-1]]

        output = f"bucket audit\nendpoint https://localhost:{port}\nuse_put_object on\ncompression gzip\nupload_timeout 1s\nstore_dir store"
        yield f"{reached}\n{output}", {"env": AMAZON}, received


@contextlib.contextmanager
def cloudwatch_logs():
    with moto() as (port, reached, ask):
        headers = {"X-Amz-Target": "Logs_20140328.GetLogEvents", "Content-Type": "application/x-amz-json-1.1"}
        body = json.dumps({"logGroupName": "audit", "logStreamName": "node-1", "startFromHead": True}).encode()

        def received():
            try:
                events = json.loads(ask("logs", "", "POST", headers, body))["events"]
            except urllib.error.HTTPError:
                # Neither the group nor the stream is there yet.
                return []
            return [event["message"] for event in events]

        output = f"endpoint localhost\nport {port}\nlog_group_name audit\nlog_stream_name node-1\nauto_create_group on"
        yield f"{reached}\n{output}", {"env": AMAZON}, received


@contextlib.contextmanager
def azure_logs_ingestion():
    """A stand-in for Azure's Logs Ingestion API and its service that gives tokens, as a proxy: the output has the address of the latter inside."""
    within = ("unshare", "--mount", "--map-root-user")
    if subprocess.run([*within, "true"], capture_output=True).returncode:
        raise Skipped("`unshare --mount` is not allowed here, and the output trusts only whom the machine trusts")
    with workplace() as folder:
        port, pem, key = free_port(), *certificate(folder)
        script = HERE.parents[1] / "fluent_bit" / "sentinel.py"
        with running(["python3", str(script), str(port), str(pem), str(key), str(folder / "out")], port, folder):

            def received():
                batches = (folder / "out").read_text().split("\n")[:-1] if (folder / "out").exists() else []
                sent = [batch.split(" Bearer a-token ", 1) for batch in batches]
                if not all("/dataCollectionRules/dcr-0/streams/Custom-KubernetesAudit_CL?" in path for path, _ in sent):
                    raise AssertionError(f"sent to another stream: {batches[0][:500]}")
                return [json.dumps(event) for _, events in sent for event in json.loads(events)]

            output = f"tenant_id t\nclient_id c\nclient_secret s\ndce_url https://localhost:{port}\ndcr_id dcr-0\ntable_name KubernetesAudit_CL"
            options = {"within": (*within, "sh", "-c", TRUST, "sh", str(pem)), "env": {"HTTP_PROXY": f"http://localhost:{port}"}}
            yield output, options, received


def certificate(folder: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """A certificate that signs itself, and its key."""
    pem, key = folder / "cert.pem", folder / "key.pem"
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1,DNS:login.microsoftonline.com"
    command = [tool("OPENSSL", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-addext", names, "-keyout", str(key), "-out", str(pem)], capture_output=True, check=True)
    return pem, key


RECEIVERS = {"kafka": kafka, "s3": s3, "cloudwatch_logs": cloudwatch_logs, "azure_logs_ingestion": azure_logs_ingestion}
CHECKS = {output: check(output) for output in RECEIVERS}
