"""A webhook as it is written in config.yaml."""

from __future__ import annotations

from typing import Annotated

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, StringConstraints

from .values import Number, Words

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Text = Annotated[str, StringConstraints(min_length=1)]


class WebhookEntry(BaseModel):
    """One of ``webhooks:``. ``name`` is that of what it has been told already, so another name begins anew.

    ``secrets`` sign: each a name of an environment variable, or ``whsec_`` and base64; while receivers change from one
    to another there are both. ``events``: types of the table of events, ``*`` for all. ``project`` and ``agent`` (a
    configured name, or an id): only of those sessions. ``timeout_seconds``: how long it may take to answer.
    ``give_up_hours``: how long an event is tried.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: Name
    url: AnyHttpUrl = Field(repr=False)
    secrets: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(repr=False)
    events: Annotated[Words, Field(min_length=1)] = ("*",)
    project: Text | None = None
    agent: Text | None = None
    timeout_seconds: Annotated[Number, Field(ge=1, le=30)] = 15.0
    give_up_hours: Annotated[Number, Field(ge=0.01, le=720)] = 24.0
