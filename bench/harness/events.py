"""The events: real ones repeated, generated ones with planted secrets between them, and a judge for what came out."""

import base64
import json
import random
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests" / "corpus" / "kubernetes"
SEED = 7
PLANTED_SHARE = 20  # one in so many events is a generated one with planted secrets


@dataclass
class Events:
    """A file of events, one a line."""

    path: str
    count: int
    bytes: int
    marker: str  # what every planted secret holds; empty if none is planted

    @property
    def mean_bytes(self) -> float:
        return self.bytes / self.count


def generate(target: Path, count: int, *options: str, seed: int = SEED) -> str:
    """Writes generated events, returns their marker."""
    manifest = target.with_suffix(".manifest")
    command = ["cargo", "run", "-q", "--release", "-p", "auditgate-generate", "--", "--events", str(count), "--seed", str(seed),
               "--manifest", str(manifest), *options]
    with open(target, "wb") as sink:
        subprocess.run(command, cwd=ROOT, stdout=sink, check=True)
    return json.loads(manifest.read_text().splitlines()[0])["marker"]


# What no two requests share: identifiers, times, versions of objects.
IDENTIFIER = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
VERSION = re.compile(rb'(?<="resourceVersion":")\d+(?=")')


def renewed(line: bytes, chance: random.Random) -> bytes:
    """The event as another request would have made it: what stood in two places is the same in both again. Without this, repeated events would
    flatter an engine that remembers what it has seen."""
    values: dict[bytes, bytes] = {}

    def replaced(pattern: re.Pattern, make) -> None:
        nonlocal line
        line = pattern.sub(lambda found: values.setdefault(found[0], make(found)), line)

    def identifier(_) -> bytes:
        digits = b"%032x" % chance.getrandbits(128)
        return b"-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])

    def time(found) -> bytes:
        second = chance.randrange(28 * 86_400)
        day, hour, minute = second // 86_400 + 1, second // 3_600 % 24, second // 60 % 60
        part = b".%06d" % chance.randrange(1_000_000) if found[1] else b""
        return b"2018-11-%02dT%02d:%02d:%02d%sZ" % (day, hour, minute, second % 60, part)

    replaced(IDENTIFIER, identifier)
    replaced(TIME, time)
    replaced(VERSION, lambda _: b"%d" % chance.randrange(100_000, 10_000_000))
    return line


def real_lines() -> list[bytes]:
    return [line for file in sorted(CORPUS.rglob("*.jsonl")) for line in file.read_bytes().splitlines()]


def mixed(folder: Path, count: int) -> Events:
    """Real events repeated with identifiers, times and versions of their own, every twentieth a generated one that holds secrets."""
    chance = random.Random(SEED)
    real = real_lines()
    made = folder / "planted.jsonl"
    marker = generate(made, max(count // PLANTED_SHARE, 1), "--profile", "secrets", "--max-bytes", "8192")
    planted = made.read_bytes().splitlines()
    path = folder / "events.jsonl"
    with open(path, "wb") as sink:
        for index in range(count):
            if index % PLANTED_SHARE == 0:
                line = planted[index // PLANTED_SHARE % len(planted)]
            else:
                line = renewed(real[index % len(real)], chance)
            sink.write(line + b"\n")
    return Events(str(path), count, path.stat().st_size - count, marker)


def real(folder: Path, count: int) -> Events:
    """The real events of `mixed` alone."""
    path = folder / "real.jsonl"
    chance = random.Random(SEED)
    lines = real_lines()
    path.write_bytes(b"".join(renewed(lines[index % len(lines)], chance) + b"\n" for index in range(count)))
    return Events(str(path), count, path.stat().st_size - count, "")


def cluster(folder: Path, count: int) -> Events:
    """What a quiet cluster of today logs by number of events, generated: nine of ten say no more than who did what."""
    path = folder / "cluster.jsonl"
    marker = generate(path, count, "--profile", "cluster", "--max-bytes", "65536")
    return Events(str(path), count, path.stat().st_size - count, marker)


def sized(folder: Path, size: int, total: int) -> Events:
    """Generated events of about `size` bytes, together about `total` bytes."""
    path = folder / f"sized-{size}.jsonl"
    count = max(total // size, 4)
    marker = generate(path, count, "--min-bytes", str(size), "--max-bytes", str(size + max(4096, size // 20)))
    return Events(str(path), count, path.stat().st_size - count, marker)


def repeated(events: Events, target: Path, times: int) -> Events:
    """The same events `times` times over, in one file."""
    with open(target, "wb") as sink:
        for _ in range(times):
            with open(events.path, "rb") as source:
                while block := source.read(1 << 20):
                    sink.write(block)
    return Events(str(target), events.count * times, events.bytes * times, events.marker)


def needles(marker: str) -> list[bytes]:
    """Every way in which the marker could stand in an output: plain, hexadecimal, base64 once and twice at each alignment."""
    def cores(text: bytes) -> list[bytes]:
        found = []
        for shift in range(3):
            encoded = base64.urlsafe_b64encode(b"\0" * shift + text)
            found.append(encoded[-(-shift * 8 // 6):(shift + len(text)) * 8 // 6])
        return found

    once = cores(marker.encode())
    plain = [marker.encode(), marker.encode().hex().encode(), marker.encode().hex().upper().encode()]
    return plain + once + [twice for core in once for twice in cores(core)]


@dataclass
class Verdict:
    """What was found in an output."""

    count: int
    stamped: int
    placeholders: int
    leaking: int  # lines that hold a planted secret
    bytes: int

    def raw(self) -> dict:
        return self.__dict__


def judge(path: str, marker: str) -> Verdict:
    """Reads an output of one JSON object a line."""
    forms = needles(marker) if marker else []
    verdict = Verdict(0, 0, 0, 0, 0)
    with open(path, "rb") as file:
        for line in file:
            verdict.count += 1
            verdict.bytes += len(line)
            verdict.leaking += any(form in line for form in forms)
            at = line.rfind(b'"auditgate":{')
            if at >= 0:
                stamp = json.loads(line)["auditgate"]
                verdict.stamped += all(key in stamp for key in ("id", "routes", "policy"))
                verdict.placeholders += "error" in stamp
    return verdict
