"""The recorded elizaOS traffic, and what plays and compares it: the scripts beside the recording, used as they are."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[4] / "shared" / "contracts" / "golden"

Difference = tuple[str, Any, Any]
"""Where in the answer, what was recorded there, what we say."""


def recorded(name: str = "recorded.json") -> dict[str, Any]:
    """A recording."""
    document: dict[str, Any] = json.loads((FOLDER / name).read_text())
    return document


def played(base: str, *, missing: str) -> dict[str, Any]:
    """Play every case against a fresh server; ``missing`` stands for what an earlier case should have left and did
    not."""
    replay = _script("replay.py")
    given = json.loads((FOLDER / "cases.json").read_text())
    document = recorded()
    fixed = {name: document["env"][name] for name in ("A1", "A2", *given["fixed"])}
    env = _Values(fixed, missing=missing)
    cases = [_case(replay["send"], base, case, env) for case in given["cases"] if case["method"] != "SLEEP"]
    return {"env": fixed, "cases": cases, "common_headers": []}


def differences(ours: dict[str, Any]) -> dict[str, list[Difference]]:
    """What differs, by case, once ids and times are replaced. Members that only we send are no difference."""
    compare = _script("compare.py")
    theirs = recorded()
    (plain_a, text_a), (plain_b, text_b) = compare["normer"](theirs), compare["normer"](ours)
    answers = {case["id"]: case for case in ours["cases"]}
    found: dict[str, list[Difference]] = {}
    for case in theirs["cases"]:
        answer = answers[case["id"]]
        out: list[Difference] = []
        one = compare["view"](case, theirs, plain_a, text_a, False)
        two = compare["view"](answer, ours, plain_b, text_b, False)
        compare["diff"](one, two, "", out, True)
        rules = [compare["expiry_rules"](each["response"].get("json")) for each in (case, answer)]
        if rules[0] != rules[1]:
            out.append((".expiry_rule", *rules))
        if out := [difference for difference in out if difference[1] != "<absent>"]:
            found[case["id"]] = out
    return found


class _Values(dict[str, Any]):
    """Values for placeholders; one that is not known is ``missing``."""

    def __init__(self, values: dict[str, Any], *, missing: str) -> None:
        super().__init__(values)
        self._missing = missing

    def __missing__(self, _name: str) -> str:
        return self._missing


def _case(send: Any, base: str, case: dict[str, Any], env: _Values) -> dict[str, Any]:
    if pause := case.get("sleep"):
        time.sleep(pause)
    for _ in range(case.get("times", 1)):
        record: dict[str, Any] = send(base, case, env)
    return {"id": case["id"], **record}


def _script(name: str) -> dict[str, Any]:
    """The functions of one of the scripts, without running it."""
    source = (FOLDER / name).read_text().rstrip()
    assert source.endswith("\nmain()")
    functions: dict[str, Any] = {"__file__": str(FOLDER / name)}
    exec(compile(source.removesuffix("main()"), name, "exec"), functions)
    return functions
