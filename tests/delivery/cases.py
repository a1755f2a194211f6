"""What the output plugin is run against: receivers that fail by a script, and real ones where they are found."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import receivers as R

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Case:
    """One run: an example, a receiver, and what the example is told."""

    name: str
    example: str
    receiver: object
    environment: dict = field(default_factory=dict)
    edits: dict = field(default_factory=dict)
    # How often Fluent Bit is killed with -9 in the middle.
    kills: int = 0
    # Whether duplicates may be there: the receiver had events whose acceptance nobody learnt of.
    duplicates: bool = False
    quarantine: bool = False
    # Started with these changes first, for so many seconds, and killed: nothing may arrive, and what is wrong is mended by the configuration.
    first: tuple = ()
    # How often Fluent Bit reads its configuration anew in the middle.
    reloads: int = 0
    # The policy, and what is changed in it.
    policy: str = "auditgate.yaml"
    policy_edits: dict = field(default_factory=dict)
    # What else has to stand in Fluent Bit's log.
    says: str = ""
    # Whether some events leave as placeholders: as many have to arrive as events are missing.
    placeholders: bool = False
    # Without Fluent Bit: `auditgate run --to siem`.
    command_line: bool = False


def find(variable: str, *names: str) -> str | None:
    candidates = [os.environ.get(variable), *names]
    return next((path for path in map(shutil.which, filter(None, candidates)) if path), None)


SECRETS = {"SIEM_TOKEN": "t0ken-of-the-test", "SIEM_USER": "me", "SIEM_PASSWORD": "p4ss-of-the-test", "SIEM_KEY": "k3y-of-the-test", "CLIENT_ID": "id",
           "CLIENT_SECRET": "s3cret-of-the-test", "SIGNING_KEY": "k3y-of-the-test"}


def url(path="", scheme="http", host="127.0.0.1", port="port"):
    return lambda receiver: f"{scheme}://{host}:{getattr(receiver, port)}{path}"


def cases(folder: Path, fluent_bit: str) -> list[Case]:
    faulty = lambda fault, **more: lambda _: R.Faulty(fault, **more)
    web = {**SECRETS, "SIEM_URL": url("/in")}
    bulk = {**SECRETS, "SIEM_URL": url()}
    fast = {"retry_limit: no_limits": "retry_limit: no_limits\n      timeout: 4"}
    keys = R.certificates(folder)
    good = (str(keys["good.pem"]), str(keys["good.key"]))
    bad = (str(keys["bad.pem"]), str(keys["bad.key"]))
    trust = {"retry_limit: no_limits": f"retry_limit: no_limits\n      ca_file: {keys['ca.pem']}"}
    over_tls = {**SECRETS, "SIEM_URL": url("/in", "https", "localhost")}
    trust_line = trust["retry_limit: no_limits"]
    to_bulk = {"https://siem.example.org:9200": url()}

    def write(folder, token):
        (folder / "state/token").write_text(token)
        return folder

    all_cases = [
        Case("no fault", "http.yaml", faulty(R.fine), web),
        Case("HTTP, signed", "http.yaml", faulty(R.signed), web),
        Case("HTTP, a JSON array", "http-array.yaml", faulty(R.array), web),
        Case("Splunk, raw", "splunk-raw.yaml", faulty(R.hec_raw), bulk),
        Case("a policy that says how to deliver", "from-policy.yaml", faulty(R.created), bulk, policy="destinations.yaml", policy_edits=to_bulk),
        Case("the command line", "from-policy.yaml", faulty(R.created), bulk, policy="destinations.yaml", policy_edits=to_bulk,
             command_line=True),
        Case("a token that changes in its file", "http.yaml", lambda folder: R.Faulty(R.rotating, folder=write(folder, "t0ken-of-the-test-1")), web,
             {"env:SIEM_TOKEN": "file:${STATE_DIR}/token", "retry_limit: no_limits": "retry_limit: no_limits\n      batch_max_events: 50"}),
        Case("a client certificate, missing at first", "http.yaml", faulty(R.fine, tls=good, clients=keys["ca.pem"]), over_tls,
             {"retry_limit: no_limits": f"{trust_line}\n      client_certificate: file:{keys['client.pem']}\n      client_key: file:{keys['client.key']}"},
             first=({f"client_certificate: file:{keys['client.pem']}\n      client_key: file:{keys['client.key']}": "timeout: 5"}, 4)),
        Case("an authority of one's own, missing at first", "http.yaml", faulty(R.fine, tls=good), over_tls, trust,
             first=({f"ca_file: {keys['ca.pem']}": "timeout: 5"}, 4)),
        Case("through a proxy of the environment, HTTP", "http.yaml", lambda _: R.Proxied(),
             {**SECRETS, "SIEM_URL": "http://receiver.invalid/in", "HTTP_PROXY": url(port="proxy_port")}),
        Case("through a proxy of the environment, HTTPS", "http.yaml", lambda _: R.Proxied(tls=good),
             {**SECRETS, "SIEM_URL": url("/in", "https", "localhost"), "HTTPS_PROXY": url(port="proxy_port")}, trust),
        Case("past the proxy by NO_PROXY", "http.yaml", faulty(R.fine),
             {**web, "HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}),
        Case("configurations reloaded", "http.yaml", faulty(R.slow), web, reloads=3, duplicates=True),
        Case("syslog over UDP", "syslog.yaml", lambda _: R.Datagrams(), {"SIEM_URL": url("", "udp")}),
        Case("429 storm", "http.yaml", faulty(R.storm), web),
        Case("503 for 5 s", "http.yaml", faulty(R.broken, heals_s=5), web),
        Case("redirection to another host", "http.yaml", faulty(R.redirect, heals_s=5), web),
        Case("slow reading", "http.yaml", faulty(R.slow), web),
        Case("reset in the body", "http.yaml", faulty(R.reset_in_body), web),
        Case("answer lost", "http.yaml", faulty(R.answer_lost), web, duplicates=True),
        Case("half-closed", "http.yaml", faulty(R.half_closed), web),
        Case("no answer", "http.yaml", faulty(R.never_answers), web, fast),
        Case("413 above 48 KiB", "http.yaml", faulty(R.too_large), web, quarantine=False),
        Case("wrong certificate for 5 s", "http.yaml", faulty(R.fine, tls=good, bad_tls=bad, heals_s=5), over_tls, trust),
        Case("unknown host, then mended", "http.yaml", faulty(R.fine), web,
             first=({"${SIEM_URL}": "http://receiver.invalid/in"}, 6)),
        Case("mixed bulk answers", "elasticsearch.yaml", faulty(R.bulk), bulk, quarantine=True),
        Case("mixed bulk answers, answers lost", "elasticsearch.yaml", faulty(R.bulk_answer_lost), bulk, quarantine=True),
        Case("Splunk, acknowledged", "splunk.yaml", faulty(R.hec), bulk),
        Case("Splunk, acknowledgements that never come", "splunk.yaml", faulty(R.hec_losing), bulk,
             {"retry_limit: no_limits": "retry_limit: no_limits\n      ack_timeout: 2"}),
        Case("Fluent Bit killed three times", "http.yaml", faulty(R.fine), web, kills=3, duplicates=True),
        Case("syslog, connections reset", "syslog.yaml", lambda _: R.Cutting(), {"SIEM_URL": url("", "tcp")}),
        Case("Sentinel, tokens that end", "sentinel.yaml", faulty(R.sentinel),
             {**bulk, "TOKEN_URL": url("/token")}),
        Case("Datadog", "datadog.yaml", faulty(R.datadog), bulk),
        Case("file", "file.yaml", lambda _: None),
        Case("stdout", "stdout.yaml", lambda _: None),
    ]
    if victoria := find("VICTORIA_LOGS", "victoria-logs"):
        def start(syslog=False):
            return lambda folder: R.VictoriaLogs(victoria, folder, syslog)
        all_cases += [
            Case("VictoriaLogs, bulk", "elasticsearch.yaml", start(), {**SECRETS, "SIEM_URL": url("/insert/elasticsearch")}),
            Case("VictoriaLogs, Loki", "loki.yaml", start(), {**SECRETS, "SIEM_URL": url("/insert")}),
            Case("VictoriaLogs, OTLP", "otlp.yaml", start(), {**SECRETS, "SIEM_URL": url("/insert/opentelemetry")}),
            Case("VictoriaLogs, syslog", "syslog.yaml", start(True), {"SIEM_URL": url("", "tcp", port="syslog_port")}),
            Case("the command line to VictoriaLogs", "from-policy.yaml", start(), SECRETS, policy="destinations.yaml",
                 policy_edits={"https://siem.example.org:9200": url("/insert/elasticsearch")}, command_line=True),
        ]
    else:
        print("SKIPPED: VictoriaLogs; set VICTORIA_LOGS to its program")

    def second(plugin: str, *properties: str):
        def start(folder):
            port = R.free_port()
            command = [fluent_bit, "-q", "-f", "1", "-i", plugin, "-p", "listen=127.0.0.1", "-p", f"port={port}"]
            for one in properties:
                command += ["-p", one]
            command += ["-o", "file", "-m", "*", "-p", f"path={folder}/out", "-p", "file=received", "-p", "format=plain"]
            return R.Program(command, port, folder, "out/received")
        return start

    all_cases += [
        Case("Fluent Bit's in_http", "http.yaml", second("http", "buffer_max_size=16M", "buffer_chunk_size=1M"), web,
             {"body: ndjson": "body: array"}),
        Case("Fluent Bit's in_elasticsearch", "elasticsearch.yaml", second("elasticsearch", "buffer_max_size=16M"), bulk),
        Case("Fluent Bit's in_splunk", "splunk.yaml", second("splunk", "buffer_max_size=16M", "splunk_token=t0ken-of-the-test"), bulk,
             {"ack: on": "ack: off"}),
        Case("the command line to Fluent Bit's in_splunk", "from-policy.yaml", second("splunk", "buffer_max_size=16M", "splunk_token=t0ken-of-the-test"),
             SECRETS, policy="destinations.yaml", command_line=True, policy_edits={
                 **to_bulk, "type: elasticsearch": "type: splunk", "index: logs-kubernetes.audit-default": "ack: off",
                 "auth: {user: {env: SIEM_USER}, password: {env: SIEM_PASSWORD}}": "auth: {token: {env: SIEM_TOKEN}}"}),
        Case("Fluent Bit's in_opentelemetry", "otlp.yaml", second("opentelemetry", "buffer_max_size=16M"), bulk),
    ]

    if Path(ROOT / "dist/auditgate.wasm").is_file():
        wasm = (f"  filters:\n    - name: wasm\n      match: audit.*\n      wasm_path: {ROOT}/dist/auditgate.wasm\n      function_name: auditgate_filter\n"
                "      event_format: json\n      wasm_stack_size: 256K\n      accessible_paths: /tmp\n\n  outputs:")
        all_cases.append(Case("both roles in one process", "http.yaml", faulty(R.fine), web, {"  outputs:": wasm}))
        all_cases.append(Case("both roles, configurations reloaded", "http.yaml", faulty(R.fine), web, {"  outputs:": wasm}, reloads=2, duplicates=True))
    stumbling = ROOT / "dist/auditgate-output-stumbling.wasm"
    if stumbling.is_file():
        stumbles = {"retry_limit: no_limits": f"retry_limit: no_limits\n      module: {stumbling}"}
        all_cases.append(Case("a module that stops at some events", "http.yaml", faulty(R.fine), web, stumbles, placeholders=True,
                              says="H003: the module stopped at event"))
    else:
        print("SKIPPED: a module that stops; `AUDITGATE_TEST_MODULES=1 scripts/build-module.sh` makes it")
    resolver = folder / "resolver.so"
    built = subprocess.run(["cc", "-shared", "-fPIC", "-o", resolver, Path(__file__).with_name("resolver.c"), "-ldl"], capture_output=True)
    if built.returncode == 0:
        all_cases.append(Case("a name that gets another address", "http.yaml", R.Moving,
                              {**SECRETS, "SIEM_URL": url("/in", host="receiver.test"), "LD_PRELOAD": str(resolver),
                               "RESOLVER_FILE": lambda receiver: str(receiver.address)},
                              {"retry_limit: no_limits": "retry_limit: no_limits\n      batch_max_events: 50"}, duplicates=True))

    def rsyslog(folder):
        port = R.free_port()
        (folder / "rsyslog.conf").write_text(
            f'global(workDirectory="{folder}" maxMessageSize="1m" defaultNetstreamDriverCAFile="{keys["ca.pem"]}"\n'
            f' defaultNetstreamDriverCertFile="{keys["good.pem"]}" defaultNetstreamDriverKeyFile="{keys["good.key"]}")\n'
            'module(load="imtcp" StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")\n'
            f'template(name="all" type="string" string="%rawmsg%\\n")\n'
            f'input(type="imtcp" port="{port}" address="127.0.0.1")\naction(type="omfile" file="{folder}/out/received" template="all")\n')
        return R.Program([rsyslogd, "-n", "-f", f"{folder}/rsyslog.conf", "-i", f"{folder}/pid"], port, folder, "out/received")

    rsyslogd = find("RSYSLOGD", "rsyslogd", "/usr/sbin/rsyslogd")
    tls = {"SIEM_URL": url("", "tls", "localhost")}
    if rsyslogd and list(Path("/usr/lib").glob("**/rsyslog/lmnsd_ossl.so")):
        all_cases.append(Case("rsyslog over TLS", "syslog.yaml", rsyslog, tls, trust))
    else:
        print("SKIPPED: rsyslog over TLS; install rsyslog and rsyslog-openssl")

    def syslog_ng(folder):
        port = R.free_port()
        (folder / "syslog-ng.conf").write_text(
            '@version: 3.38\noptions { log-msg-size(2097152); };\n'
            f'source in {{ network(ip("127.0.0.1") port({port}) transport("tls") flags(syslog-protocol) max-connections(100)\n'
            f' tls(key-file("{keys["good.key"]}") cert-file("{keys["good.pem"]}") peer-verify(optional-untrusted))); }};\n'
            f'destination out {{ file("{folder}/out/received" template("$MSG\\n")); }};\nlog {{ source(in); destination(out); }};\n')
        command = [*ng.split(), "-F", "-f", f"{folder}/syslog-ng.conf", "-R", f"{folder}/persist", "-p", f"{folder}/pid",
                   "-c", f"{folder}/ctl"]
        return R.Program(command, port, folder, "out/received")

    unpacked = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "syslog-ng"
    if ng := os.environ.get("SYSLOG_NG") or subprocess.run(
            [ROOT / "scripts/syslog-ng.sh", unpacked], capture_output=True, text=True).stdout.strip():
        all_cases.append(Case("syslog-ng over TLS", "syslog.yaml", syslog_ng, tls,
                              {**trust, "framing: octets": "framing: lines"}))
    else:
        print("SKIPPED: syslog-ng over TLS: it is not installed, and scripts/syslog-ng.sh cannot unpack it")
    return all_cases
