"""The settings of conversations: how long sessions live, and how replies in them are made."""

from __future__ import annotations

from datetime import timedelta

from .declare import Section, setting
from .environment import whole_number
from .values import Count, Number


class Sessions(Section):
    """How long sessions live when neither the session nor its agent says otherwise."""

    default_timeout_minutes: Count = setting(
        30,
        "Idle time after which a session expires.",
        unit="minutes",
        at_least=1,
        at_most=10_080,
        env=("SESSION_DEFAULT_TIMEOUT_MINUTES", "SESSION_TIMEOUT_MINUTES"),
        read=whole_number(fallback=30, low=1, high=10_080),
    )
    min_timeout_minutes: Count = setting(
        5,
        "Shortest timeout a session or an agent may ask for.",
        unit="minutes",
        at_least=1,
        at_most=60,
        env="SESSION_MIN_TIMEOUT_MINUTES",
        read=whole_number(fallback=5, low=1, high=60),
    )
    max_timeout_minutes: Count = setting(
        1440,
        "Longest timeout a session or an agent may ask for; the longest life is twice this.",
        unit="minutes",
        at_least=60,
        at_most=10_080,
        env="SESSION_MAX_TIMEOUT_MINUTES",
        read=whole_number(fallback=1440, low=60, high=10_080),
    )
    max_duration_minutes: Count = setting(
        720,
        "Longest life of a session, renewed or not.",
        unit="minutes",
        at_least=60,
        at_most=20_160,
        env="SESSION_MAX_DURATION_MINUTES",
        read=whole_number(fallback=720, low=60, high=20_160),
    )
    warning_threshold_minutes: Count = setting(
        5,
        "How long before its end a session counts as near its end.",
        unit="minutes",
        at_least=1,
        at_most=60,
        env="SESSION_WARNING_THRESHOLD_MINUTES",
        read=whole_number(fallback=5, low=1, high=60),
    )
    auto_renew: bool = setting(True, "Whether a message or a heartbeat renews a session.", env="SESSION_AUTO_RENEW")
    remember_expired_hours: Number = setting(
        24.0,
        "How long an expired session is told from an unknown one (410, then 404).",
        unit="hours",
        env="AGENT_SESSIONS_REMEMBER_EXPIRED_HOURS",
        at_least=0,
        at_most=87_600,
    )

    @property
    def remember_expired(self) -> timedelta:
        """``remember_expired_hours`` as a span."""
        return timedelta(hours=self.remember_expired_hours)


class Replies(Section):
    """How agents' replies are made."""

    deadline_seconds: Number = setting(
        120.0,
        "How long an agent may take for one reply.",
        unit="seconds",
        env="AGENT_SESSIONS_REPLY_DEADLINE_SECONDS",
        at_least=1,
        at_most=86_400,
    )
    queue_limit: Count = setting(
        16,
        "How many messages of one session may wait for their reply; more are refused with 429.",
        unit="messages",
        env="AGENT_SESSIONS_REPLY_QUEUE_LIMIT",
        at_least=1,
        at_most=10_000,
    )
    cancel_on_disconnect: bool = setting(
        True,
        "Whether a reply stops when the client that streams it goes away and nobody else follows.",
        env="AGENT_SESSIONS_CANCEL_ON_DISCONNECT",
    )
    history_messages: Count = setting(
        32,
        "How many earlier messages an agent is given at most.",
        unit="messages",
        env="AGENT_SESSIONS_HISTORY_MESSAGES",
        at_least=0,
        at_most=10_000,
    )
    history_characters: Count = setting(
        24_000,
        "How many characters of earlier messages an agent is given at most.",
        unit="characters",
        env="AGENT_SESSIONS_HISTORY_CHARACTERS",
        at_least=0,
        at_most=100_000_000,
    )
