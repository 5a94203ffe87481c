"""Brings a clause into plain order, its subject first: "oh and last week I moved" becomes "I moved last week"."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from agent_sessions.recall.dates.finding import find_dates
from agent_sessions.recall.language.wording import without_fillers
from agent_sessions.recall.language.words import DROPPED, DROPPED_ING, listed

_MARKERS = re.compile(
    r"^(?:(?:well|so|yeah|yes|yep|yup|no|nope|nah|oh|ah|aw|hey|hi|hello|ok|okay|actually|also|and|but|anyway|"
    r"anyways|plus|hmm+|um+|uh+|wow|right|sure|don't forget(?: that)?|"
    r"thanks|thank you(?: so much)?|unfortunately|fortunately|sadly|luckily|thankfully|personally|then|in fact|"
    r"for context|for reference|on another note|on a different note|guess what|fun fact|"
    r"just so (?:you|u) know|good news|bad news|update|quick update|note|note that|remember(?: that)?|oh wait|"
    r"wait|because|though|although|even though|except|"
    r"as i (?:said|mentioned)|like i said|as (?:you know|mentioned)|speaking of which|i (?:forgot|should|wanted|"
    r"just wanted|need|have) to (?:say|mention|add|tell you|admit|let you know)(?: that)?|"
    r"i should (?:say|mention|add)(?: that)?|did i mention(?: that)?|(?:the )?(?:thing|truth|fact|problem|"
    r"good news|bad news) is(?: that)?|turns out(?: that)?|it turns out(?: that)?|"
    r"(?:about|for) me|same here|me too|for me|interestingly|surprisingly|currently|nowadays|these days|lately|"
    r"so far|good question|of course|apparently|"
    r"i(?:'d| would) say(?: that)?|i must say|just|really|great|cool|nice|awesome|perfect|haha|"
    r"lol)\b[\s,.!:–-]*)+(?=[\w'])",
    re.IGNORECASE,
)
_OWN = r"(?:I(?:'m|'ve|'d|'ll)?|we(?:'re|'ve|'ll)?|my|our|me and)\b"
_OWN_START = re.compile(_OWN, re.IGNORECASE)
_CIRCUMSTANCE = re.compile(
    rf"^(?P<lead>(?:in|at|for|on|during|after|before|when|while|whenever|every|once|growing up|as a kid|"
    rf"as a child|until|since|over|from|with|by|around|"
    rf"outside|besides|throughout|sometimes|usually|most|back)\b[^,]{{0,60}}?),?\s+(?P<main>{_OWN}.*)$",
    re.IGNORECASE,
)
_GAP = re.compile(r"^[\s,:-]*(?:that )?(?=\S)")
_ADVERB_LEAD = re.compile(r"^(?:just|finally|recently|already|also|still|actually|so|totally)\s+", re.IGNORECASE)
_BEEN = "I've been "
_MISSING = (
    (re.compile(r"^been (?=\w+ing\b|to\b)", re.IGNORECASE), _BEEN),
    (re.compile(r"^(?:can't stand|don't (?:eat|drink|like)|never been)\b", re.IGNORECASE), "I "),
    (
        re.compile(
            r"^(?:allergic to|not a (?:big |huge )?fan of|big fan of|huge fan of|based in|originally from|"
            r"scared of|married to|obsessed with)\b",
            re.IGNORECASE,
        ),
        "I'm ",
    ),
)
_TAIL = re.compile(
    r"(?:(?:\s*,)?\s+(?=[a-z])(?:(?<!\w )right|you know|so yeah|or something|or whatever|and yes|and no|actually|"
    r"and stuff|and all|and so on|etc\.?|though|"
    r"lol|haha+|btw|tbh|as well though|if that helps|"
    r"if that matters|for what it's worth|speaking of(?: which)?|thanks|thank you|so|and|but|because|please|"
    r"no worries|by the way|"
    r"so far))+$|\s*,?\s*\b(?:can|could|would) you\b.*$",
    re.IGNORECASE,
)
_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)


_FEAST = r"(?P<feast>(?:my|our) [\w' ]*?(?:birthday|anniversary|due date|deadline|wedding|graduation))"
_IT_IS = re.compile(
    rf"^(?:it's|it is) {_FEAST} (?P<when>.+)$|^(?P<then>.{{3,30}}?) is {_FEAST.replace('feast', 'feast2')}$",
    re.IGNORECASE,
)
_CALL_ME = re.compile(r"^(?:please |you can |just |but )*call me (?P<name>[A-Z]\w+)$", re.IGNORECASE)


def turned(clause: str) -> str:
    """ "It's my birthday today" as "my birthday is today", "call me Max" as "I go by Max"."""
    if called := _CALL_ME.match(clause):
        return f"I go by {called['name']}"
    if match := _IT_IS.match(clause):
        return f"{match['feast'] or match['feast2']} is {match['when'] or match['then'].lower()}"
    return clause


def in_order(clause: str) -> str:
    """The clause without markers and fillers, its subject first, a left-out "I" put back."""
    text = _TAIL.sub("", without_fillers(clause)).strip(" ,")
    text = turned(_MARKERS.sub("", text))
    text = _date_last(text)
    if match := _CIRCUMSTANCE.match(text):
        lead = match["lead"].strip(" ,")
        text = f"{match['main']} {lead[0].lower() + lead[1:]}"
    return _with_subject(text)


def _date_last(text: str) -> str:
    if _OWN_START.match(text):
        return text
    spans = find_dates(text[:60], said_at=_ANY_DAY)
    if not spans or spans[0].text_span[0] > 0:
        return text
    end = spans[0].text_span[1]
    words, rest = text[:end], _GAP.sub("", text[end:])
    if not re.match(_OWN, rest, re.IGNORECASE):
        return text
    return f"{rest} {words[0].lower() + words[1:] if words.split(' ')[0].lower() in _LEADING else words}"


_LEADING = listed("date_openers")
_BECOMING = listed("becoming")
# "Learning German has been tough": what looks like a dropped "I'm" is itself the subject.
_SUBJECT_OF_ITS_OWN = re.compile(
    r"\b(?:is|are|was|were|has|have|had|can|will|makes?|helps?|takes?|feels?|seems?|sounds?|looks?)\b"
)
_IDLE_START = ("it ", "that ", "this ", "you ", "like ")


def _with_subject(text: str) -> str:
    """ "Moved to Rome" as "I moved to Rome", "not a fan of jazz" as "I'm not a fan of jazz"."""
    bare = _ADVERB_LEAD.sub("", text)
    for pattern, subject in _MISSING:
        if pattern.match(bare):
            return pattern.sub(subject, bare) if subject == _BEEN else subject + bare[0].lower() + bare[1:]
    first, _, rest = bare.partition(" ")
    word, after = first.lower(), rest.lower()
    tells = len(rest.split()) >= 2 and not after.startswith(_IDLE_START)
    if (word in DROPPED and tells) or (word == "got" and after.partition(" ")[0] in _BECOMING):
        return f"I {word} {rest}"
    return f"I'm {word} {rest}" if word in DROPPED_ING and rest and not _SUBJECT_OF_ITS_OWN.search(rest) else text
