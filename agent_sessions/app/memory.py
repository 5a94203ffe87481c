"""The parts that remember: which backend serves whom, what makes memories, what finds them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ..domain.errors import ConfigError, MissingExtra
from ..registry import EMBEDDINGS, MEMORY, MODELS, Registry
from ..services.backends import Backends
from ..services.indexes import Indexes
from ..services.local_extraction import LocalExtractor
from ..services.local_memory import LocalMemory
from ..services.model_extraction import ModelExtractor, TokenBudget
from ..services.processing import Processor
from ..services.recalling import RecallBudget, Recalling
from .options import processing_rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..config import Settings
    from ..ports import (
        Clock,
        EmbedderFactory,
        Extractor,
        MemoryBackend,
        MemoryBackendFactory,
        Store,
        StructuredModel,
        StructuredModelFactory,
    )
    from ..services.embedding import Embedding

LOCAL = "local"
"""The backend that is part of the server; every other is a plugin."""
NO_EMBEDDINGS = "none"
MODEL_KIND = "openai"
"""The plugin through which ``extraction.model`` is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryParts:
    """What remembers, put together and not open. ``model``: what makes memories, None: they are made by rule."""

    indexes: Indexes
    local: LocalMemory
    backends: Backends
    processor: Processor
    recalling: Recalling
    model: StructuredModel | None

    async def close(self) -> None:
        """Stop and let go of everything, what works for others first."""
        await self.recalling.close()
        await self.processor.close()
        await self.backends.close()
        await self.local.close()
        if self.model is not None:
            await self.model.close()


def memory_parts(
    settings: Settings, store: Store, *, clock: Clock, kinds: Mapping[str, MemoryBackendFactory]
) -> MemoryParts:
    """Every part of memory. Raises ConfigError for an unknown backend or a mistake in its options."""
    model = _model(settings)
    indexes = Indexes(store, embedding=_embedding(settings, store, clock=clock))
    local = LocalMemory(store, indexes, _extractor(settings, model, clock=clock))
    backends = _Choice(local, Registry(MEMORY, plugins=kinds)).backends(settings)
    processor = Processor(
        store,
        backends,
        clock=clock,
        reading=processing_rules(settings),
        projects={project.id: processing_rules(settings, project) for project in settings.projects},
        on_recorded=indexes.record,
    )
    budget = RecallBudget(
        items=settings.memory.recall_items,
        characters=settings.memory.recall_characters,
        patience=settings.memory.recall_deadline,
    )
    recalling = Recalling(backends, clock=clock, budget=budget, zone=ZoneInfo(settings.memory.time_zone))
    return MemoryParts(
        indexes=indexes, local=local, backends=backends, processor=processor, recalling=recalling, model=model
    )


class _Choice:
    """Chooses backends by name, one object for the same name and options."""

    def __init__(self, local: LocalMemory, kinds: Registry[MemoryBackendFactory]) -> None:
        self._local = local
        self._kinds = kinds
        self._kinds.add(LOCAL, lambda _: local)
        self._made: list[tuple[str, Mapping[str, object], MemoryBackend]] = []

    def backends(self, settings: Settings) -> Backends:
        memory = settings.memory
        by_agent, quiet_by_agent = {}, {}
        for entry in settings.agents:
            agent_id, own = entry.id, entry.memory
            if own.backend is not None:
                by_agent[agent_id] = self._backend(own.backend, own.options, of=f"agent '{entry.name}': memory")
            if own.auto_process_minutes is not None:
                quiet_by_agent[agent_id] = timedelta(minutes=own.auto_process_minutes)
        return Backends(
            self._backend(memory.backend, memory.options, of="memory"),
            by_agent=by_agent,
            quiet=memory.auto_process,
            quiet_by_agent=quiet_by_agent,
        )

    def _backend(self, name: str, options: Mapping[str, object], *, of: str) -> MemoryBackend:
        if name == LOCAL:
            if options:
                raise ConfigError(f"{of}.options: the backend local has none")
            return self._local
        for known, given, made in self._made:
            if (known, given) == (name, options):
                return made
        try:
            backend = self._kinds.find(name)(options)
        except ConfigError as error:
            raise ConfigError(f"{of}.backend: {error}") from error
        self._made.append((name, options, backend))
        return backend


def _model(settings: Settings) -> StructuredModel | None:
    extraction = settings.extraction
    if extraction.model is None:
        return None
    kinds: Registry[StructuredModelFactory] = Registry(MODELS)
    said = {"base_url": extraction.base_url and str(extraction.base_url), "api_key_env": extraction.api_key_env}
    options = {"model": extraction.model, **{name: value for name, value in said.items() if value is not None}}
    return kinds.find(MODEL_KIND)(options)


def _embedding(settings: Settings, store: Store, *, clock: Clock) -> Embedding | None:
    """What tells meaning. Half of a reply's patience is its own; the rest is for finding by words without it."""
    memory = settings.memory
    if memory.embeddings == NO_EMBEDDINGS:
        if memory.embedding_options:
            raise ConfigError("memory.embedding_options: there is no model they are for; set memory.embeddings")
        return None
    kinds: Registry[EmbedderFactory] = Registry(EMBEDDINGS)
    try:
        embedder = kinds.find(memory.embeddings)(memory.embedding_options)
        from ..services.embedding import Embedding  # numpy, which only the extra brings
    except MissingExtra:
        raise
    except ConfigError as error:
        raise ConfigError(f"memory.embeddings: {error}") from error
    return Embedding(embedder, store, clock=clock, patience=memory.recall_deadline / 2)


def _extractor(settings: Settings, model: StructuredModel | None, *, clock: Clock) -> Extractor:
    by_rule = LocalExtractor()
    if model is None:
        return by_rule
    extraction = settings.extraction
    return ModelExtractor(
        model,
        by_rule=by_rule,
        patience=timedelta(seconds=extraction.timeout_seconds),
        budget=TokenBudget(extraction.tokens_per_day, clock=clock),
    )
