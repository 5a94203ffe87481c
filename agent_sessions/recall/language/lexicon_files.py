"""Reads the word lists that ship with the package: plain text, one entry a line, ``#`` begins a remark."""

from __future__ import annotations

from importlib import resources


def lines_of(name: str) -> tuple[str, ...]:
    """The entries of ``lexicon/<name>.txt``, in order, without remarks and empty lines."""
    text = (resources.files("agent_sessions.recall.language") / "lexicon" / f"{name}.txt").read_text(encoding="utf-8")
    return tuple(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


def words_of(name: str) -> frozenset[str]:
    """All words of a list, wherever they stand in their lines."""
    return frozenset(word for line in lines_of(name) for word in line.split())


def pairs_of(name: str) -> dict[str, str]:
    """A list of two columns parted by a tab."""
    return dict(line.split("\t", 1) for line in lines_of(name))


def sections_of(name: str) -> dict[str, tuple[str, ...]]:
    """A list whose lines are ``section: word, word, several words``; a section may come again."""
    sections: dict[str, tuple[str, ...]] = {}
    for line in lines_of(name):
        section, words = line.split(":", 1)
        sections[section] = sections.get(section, ()) + tuple(word.strip() for word in words.split(",") if word.strip())
    return sections
