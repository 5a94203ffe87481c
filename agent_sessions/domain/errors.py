"""What can go wrong, as small typed errors with a stable code. Each wire maps them to its own body and status."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from datetime import datetime, timedelta


class AgentSessionsError(Exception):
    """The root of every error this project raises on purpose. ``code`` is stable and safe to show."""

    code: ClassVar[str] = "ERROR"


class NotFound(AgentSessionsError):
    """Something that was named does not exist (any more)."""

    code = "NOT_FOUND"


class SessionNotFound(NotFound):
    """No such session: never made, deleted, or expired longer ago than expired sessions are remembered."""

    code = "SESSION_NOT_FOUND"

    def __init__(self, session_id: str) -> None:
        super().__init__(f"Session with ID '{session_id}' not found")
        self.session_id = session_id


class SessionExpired(AgentSessionsError):
    """The session's time ran out at ``expired_at``."""

    code = "SESSION_EXPIRED"

    def __init__(self, session_id: str, expired_at: datetime) -> None:
        super().__init__(f"Session '{session_id}' expired at {expired_at.isoformat(timespec='milliseconds')}")
        self.session_id = session_id
        self.expired_at = expired_at


class AgentNotFound(NotFound):
    """No such agent, or it is not running."""

    code = "AGENT_NOT_FOUND"

    def __init__(self, agent_id: str) -> None:
        super().__init__(f"Agent with ID '{agent_id}' not found")
        self.agent_id = agent_id


class ChannelNotFound(NotFound):
    """No such channel: never made, or deleted."""

    code = "CHANNEL_NOT_FOUND"

    def __init__(self, channel_id: str) -> None:
        super().__init__("Channel not found")
        self.channel_id = channel_id


class MessageNotFound(NotFound):
    """No such message: never said, or taken back."""

    code = "MESSAGE_NOT_FOUND"

    def __init__(self, message_id: str) -> None:
        super().__init__("Message not found")
        self.message_id = message_id


class UserNotFound(NotFound):
    """No such user in this project."""

    code = "USER_NOT_FOUND"

    def __init__(self, user_id: str) -> None:
        super().__init__(f"User {user_id} not found")
        self.user_id = user_id


class MemoryNotFound(NotFound):
    """This user has no such memory."""

    code = "MEMORY_NOT_FOUND"

    def __init__(self, memory_id: str) -> None:
        super().__init__(f"Memory {memory_id} not found")
        self.memory_id = memory_id


class ConflictNotFound(NotFound):
    """This user has no such merge conflict."""

    code = "CONFLICT_NOT_FOUND"

    def __init__(self, conflict_id: str) -> None:
        super().__init__(f"Merge conflict {conflict_id} not found")
        self.conflict_id = conflict_id


class AlreadyResolved(AgentSessionsError):
    """The merge conflict is settled."""

    code = "ALREADY_RESOLVED"


class WrongSessionState(AgentSessionsError):
    """The session's state of processing does not allow this."""

    code = "WRONG_SESSION_STATE"


class ExtractionFailed(AgentSessionsError):
    """A conversation could not be made into memories; it can be processed again. The message is fit for clients."""

    code = "EXTRACTION_FAILED"


class InvalidAnswers(AgentSessionsError):
    """The answers to a merge conflict's questions do not fit them. The message says which and why."""

    code = "INVALID_ANSWERS"


class JobNotFound(NotFound):
    """No such job, or it is forgotten."""

    code = "JOB_NOT_FOUND"

    def __init__(self, job_id: str) -> None:
        super().__init__(f"Job with ID '{job_id}' not found")
        self.job_id = job_id


class JobsFull(AgentSessionsError):
    """As many jobs run as may run at once; try again when one of them is done."""

    code = "JOBS_FULL"

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} jobs are running already")
        self.limit = limit


class InvalidInput(AgentSessionsError):
    """A value breaks a rule. ``field`` names the value, ``rule`` says what it must be."""

    code = "INVALID_INPUT"

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


class AlreadyExists(AgentSessionsError):
    """Something with this identity is already there."""

    code = "ALREADY_EXISTS"


class SessionBusy(AgentSessionsError):
    """More messages wait for a reply in this session than are allowed; come back after ``retry_after``."""

    code = "SESSION_BUSY"

    def __init__(self, session_id: str, *, limit: int, retry_after: timedelta) -> None:
        super().__init__(f"Session '{session_id}' already has {limit} messages waiting for a reply")
        self.session_id = session_id
        self.limit = limit
        self.retry_after = retry_after


class AgentFailed(AgentSessionsError):
    """The agent could not answer. The message is fit for clients: it names the kind of failure, never its insides."""

    code = "AGENT_FAILED"


class AgentTimedOut(AgentFailed):
    """The agent did not finish within the reply deadline."""

    code = "AGENT_TIMED_OUT"


class StoreUnavailable(AgentSessionsError):
    """The database cannot take or give records now (locked, full, read-only, unreachable). Nothing was half written."""

    code = "STORE_UNAVAILABLE"


class StoreInUse(AgentSessionsError):
    """Another process already serves this database file."""

    code = "STORE_IN_USE"


class WebhookNotFound(NotFound):
    """No endpoint of this name is in the settings."""

    code = "WEBHOOK_NOT_FOUND"

    def __init__(self, name: str) -> None:
        super().__init__(f"Webhook '{name}' not found")
        self.name = name


class ConfigError(AgentSessionsError):
    """A setting is unknown or holds an unusable value. The message names the setting and where it came from."""

    code = "CONFIG_ERROR"


class PluginNotFound(ConfigError):
    """No installed plugin has this name."""

    code = "PLUGIN_NOT_FOUND"


class MissingExtra(ConfigError):
    """A feature needs an optional dependency that is not installed."""

    code = "MISSING_EXTRA"

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs the extra '{extra}': pip install 'agent-sessions[{extra}]'")
        self.extra = extra
