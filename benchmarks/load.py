"""A load: so many kept connections, each sending its next request as soon as the answer is there. Made by wrk."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

SCRIPT = """
local paths, next = {}, 0
for path in io.lines("PATHS") do paths[#paths + 1] = path end
wrk.method, wrk.body = "METHOD", BODY
wrk.headers["Content-Type"] = "application/json"
request = function()
  next = next % #paths + 1
  return wrk.format(nil, paths[next])
end
"""
"""Goes through the paths of a file, one after another."""

UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


@dataclass(frozen=True)
class Load:
    """The same request on these paths in turn."""

    method: str
    paths: list[str]
    body: bytes = b""


@dataclass(frozen=True)
class Measured:
    """What a run cost the server. ``cpu_us``: its processor time for one request, all its threads, microseconds."""

    per_second: float
    cpu_us: float
    p50_ms: float
    p99_ms: float


async def run(port: int, pid: int, load: Load, *, connections: int, seconds: int) -> Measured:
    """Put the load on the server and measure what it costs its process. Raises RuntimeError if it refuses anything."""
    server = psutil.Process(pid)
    before = _cpu(server)
    report = await _wrk(port, load, connections=connections, seconds=seconds)
    cpu = _cpu(server) - before
    if refused := re.search(r"Non-2xx or 3xx responses: (\d+)|Socket errors: .*", report):
        raise RuntimeError(f"the server refused {refused[0]}")
    requests = int(_found(r"(\d+) requests in", report))
    return Measured(
        per_second=float(_found(r"Requests/sec:\s+([\d.]+)", report)),
        cpu_us=cpu / requests * 1e6,
        p50_ms=_milliseconds(_found(r"\n +50%\s+(\S+)", report)),
        p99_ms=_milliseconds(_found(r"\n +99%\s+(\S+)", report)),
    )


async def ask(port: int, method: str, path: str, body: bytes = b"") -> bytes:
    """One request on a connection of its own; returns the body of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return await _answer(reader)
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 2"):
        raise RuntimeError(f"the server answered {head[:200]!r}")
    lower = head.lower()
    start = lower.index(b"content-length:") + 15
    return await reader.readexactly(int(lower[start : lower.index(b"\r\n", start)]))


async def _wrk(port: int, load: Load, *, connections: int, seconds: int) -> str:
    if shutil.which("wrk") is None:
        raise SystemExit("the benchmarks of requests need wrk: install it with your system's package manager")
    with tempfile.TemporaryDirectory() as folder:
        paths, script = Path(folder) / "paths", Path(folder) / "script.lua"
        paths.write_text("\n".join(load.paths))
        body = f"[==[{load.body.decode()}]==]" if load.body else "nil"
        script.write_text(SCRIPT.replace("PATHS", str(paths)).replace("METHOD", load.method).replace("BODY", body))
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script)]
        wrk = await asyncio.create_subprocess_exec(*command, f"http://127.0.0.1:{port}", stdout=asyncio.subprocess.PIPE)
        output, _ = await wrk.communicate()
        return output.decode()


def _found(pattern: str, report: str) -> str:
    match = re.search(pattern, report)
    if match is None:
        raise RuntimeError(f"wrk said nothing of {pattern}: {report}")
    return match[1]


def _milliseconds(text: str) -> float:
    """A time as wrk writes it: ``1.21ms``, ``950.00us``."""
    number, unit = re.fullmatch(r"([\d.]+)(\w+)", text).groups()  # type: ignore[union-attr]  # wrk's own format
    return float(number) * UNITS[unit]


def _cpu(server: psutil.Process) -> float:
    times = server.cpu_times()
    return float(times.user + times.system)
