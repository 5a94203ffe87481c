"""The settings of memory: how what users say becomes memories, and how these are found again."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, StringConstraints

from .declare import Section, setting
from .values import Count, Number, Words, Zone

CATEGORIES = (
    *("personal", "relationships", "work", "health", "food", "travel", "home"),
    *("pets", "preferences", "plans", "education", "finance", "hobbies"),
)
"""What memories are filed under where nobody says otherwise."""


class Memory(Section):
    """How what users say becomes memories, and how these are found again."""

    backend: str = setting(
        "local",
        "What remembers and recalls: local (in this database), none, or a plugin's name. An agent may say otherwise.",
        env="AGENT_SESSIONS_MEMORY_BACKEND",
    )
    options: dict[str, Any] = setting(
        {}, "Options of that backend, for plugins.", env="AGENT_SESSIONS_MEMORY_OPTIONS", nested=True
    )
    embeddings: str = setting(
        "none",
        "What finds what is said in other words than it is asked for with: none (words alone), minilm (in this "
        "process), openai (any OpenAI-compatible endpoint), or a plugin's name. Needs the extra embeddings.",
        env="AGENT_SESSIONS_MEMORY_EMBEDDINGS",
    )
    embedding_options: dict[str, Any] = setting(
        {},
        "Its options; openai: model, base_url, api_key_env; minilm: folder.",
        env="AGENT_SESSIONS_MEMORY_EMBEDDING_OPTIONS",
        nested=True,
    )
    auto_process_minutes: Number = setting(
        10.0,
        "How long a conversation is quiet before it becomes memories; when its session ends it does at once.",
        unit="minutes",
        env="AGENT_SESSIONS_MEMORY_AUTO_PROCESS_MINUTES",
        at_least=1,
        at_most=43_200,
    )
    on_delete: Literal["keep", "forget"] = setting(
        "keep",
        "What becomes of the conversation of a session that is deleted: keep makes memories of it, forget erases it "
        "with all that was made of it. DELETE may say otherwise with ?memory=keep or ?memory=forget.",
        env="AGENT_SESSIONS_MEMORY_ON_DELETE",
    )
    categories: Words = setting(
        CATEGORIES, "What memories are filed under, by the words in them.", env="AGENT_SESSIONS_MEMORY_CATEGORIES"
    )
    time_zone: Zone = setting(
        "UTC",
        "Where days begin and end for users whose own zone is not known (IANA name, like Europe/Berlin).",
        env="AGENT_SESSIONS_MEMORY_TIME_ZONE",
    )
    merge_conflicts: bool = setting(
        False,
        "Whether contradictions are put to a human; otherwise what was said last counts. A user may differ.",
        env="AGENT_SESSIONS_MEMORY_MERGE_CONFLICTS",
    )
    recall_deadline_ms: Count = setting(
        300,
        "How long a reply waits for what is recalled; then it is made without.",
        unit="milliseconds",
        env="AGENT_SESSIONS_RECALL_DEADLINE_MS",
        at_least=1,
        at_most=60_000,
    )
    recall_items: Count = setting(
        12,
        "How many memories, messages and summaries an agent is given for a reply at most; 0 for none.",
        unit="items",
        env="AGENT_SESSIONS_RECALL_ITEMS",
        at_least=0,
        at_most=1_000,
    )
    recall_characters: Count = setting(
        4_000,
        "How many characters of these an agent is given at most.",
        unit="characters",
        env="AGENT_SESSIONS_RECALL_CHARACTERS",
        at_least=0,
        at_most=10_000_000,
    )

    @property
    def auto_process(self) -> timedelta:
        """``auto_process_minutes`` as a span."""
        return timedelta(minutes=self.auto_process_minutes)

    @property
    def recall_deadline(self) -> timedelta:
        """``recall_deadline_ms`` as a span."""
        return timedelta(milliseconds=self.recall_deadline_ms)


class Extraction(Section):
    """A model that makes the memories of the local backend. Without one, and when it fails, they are made by rule."""

    model: str | None = setting(
        None,
        "Name of a model behind an OpenAI-compatible endpoint that takes JSON schemas; null makes memories by rule. "
        "Needs the extra openai.",
        env="AGENT_SESSIONS_EXTRACTION_MODEL",
    )
    base_url: AnyHttpUrl | None = setting(
        None,
        "Where the model is, like http://localhost:11434/v1; null means OpenAI.",
        env="AGENT_SESSIONS_EXTRACTION_BASE_URL",
    )
    api_key_env: str | None = setting(
        None,
        "Name of the environment variable that holds the key; null means OPENAI_API_KEY for OpenAI and none elsewhere.",
        env="AGENT_SESSIONS_EXTRACTION_API_KEY_ENV",
    )
    timeout_seconds: Number = setting(
        60.0,
        "How long the model may take for one conversation before it becomes memories by rule.",
        unit="seconds",
        env="AGENT_SESSIONS_EXTRACTION_TIMEOUT_SECONDS",
        at_least=1,
        at_most=3_600,
    )
    tokens_per_day: Count | None = setting(
        None,
        "How many tokens the model may take from midnight to midnight (UTC) and since the start; beyond, memories are "
        "made by rule. null sets no limit.",
        unit="tokens",
        env="AGENT_SESSIONS_EXTRACTION_TOKENS_PER_DAY",
        at_least=0,
    )


class AgentMemory(BaseModel):
    """What one agent says of its users' memory, in place of what ``memory:`` says. None: as there."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    backend: str | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    auto_process_minutes: Annotated[Number, Field(ge=1, le=43_200)] | None = None


Key = Annotated[str, StringConstraints(min_length=1)]


class ProjectEntry(BaseModel):
    """One of ``projects:``: whoever calls the memory wire with one of its keys sees its users and nobody else's.

    ``keys`` are its keys, ``keys_env`` names environment variables that hold one each. ``merge_conflicts`` and
    ``categories``: None means as ``memory:`` says. The project called ``default`` is that of all agents.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: Key
    keys: tuple[Key, ...] = Field(default=(), repr=False)
    keys_env: tuple[Key, ...] = ()
    merge_conflicts: bool | None = None
    categories: Words | None = None
