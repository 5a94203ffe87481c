"""What the OpenAPI document tells of channels, memories as an agent sees them, its runs, logs, uploads and speech."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from ...openapi.operation import EpochMs, IsoInstant, JsonObject, OpenlyTold, Operation, Told, Uuid
from .. import agents, audio, channels, logs, memories, message_servers, runs, submit, uploads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..wire import RouteHandler

# What is told is told openly: elizaOS's clients look for the same in several spellings, which are all there.


class ChannelTold(OpenlyTold):
    id: Uuid
    messageServerId: Uuid
    name: str
    type: str
    metadata: JsonObject = Field(description="What clients say of it, and `participantCentralUserIds`")
    createdAt: IsoInstant
    updatedAt: IsoInstant


class OneChannel(Told):
    success: Literal[True]
    data: ChannelTold


class MessageTold(OpenlyTold):
    id: Uuid
    channelId: Uuid
    authorId: Uuid
    content: str
    sourceType: str = Field(description="`agent_response` for what agents say")
    rawMessage: JsonObject
    metadata: JsonObject
    createdAt: IsoInstant
    created_at: EpochMs


class OneMessage(OpenlyTold):
    success: Literal[True]
    data: MessageTold


class MessagesTold(OpenlyTold):
    messages: list[MessageTold]
    hasMore: bool


class MessagePage(Told):
    success: Literal[True]
    data: MessagesTold


class Ids(Told):
    success: Literal[True]
    data: list[Uuid]


class Answered(OpenlyTold):
    success: Literal[True]
    data: JsonObject


class Listed(OpenlyTold):
    success: Literal[True]
    data: list[JsonObject]


class NewChannel(BaseModel):
    model_config = ConfigDict(extra="allow")

    name: str
    type: str = "GROUP"
    message_server_id: Uuid | None = None
    participantCentralUserIds: list[Uuid] = []
    metadata: JsonObject = {}


class ChannelChanges(BaseModel):
    name: str | None = None
    participantCentralUserIds: list[Uuid] | None = None
    metadata: JsonObject | None = Field(None, description="Merged key by key")


class NewMessage(BaseModel):
    model_config = ConfigDict(extra="allow")

    content: str
    author_id: Uuid | None = None
    metadata: JsonObject = {}
    attachments: list[JsonObject] = []
    transport: str = Field("websocket", description="`http` waits for the reply, `sse` streams it")


class Submitted(BaseModel):
    model_config = ConfigDict(extra="allow")

    channel_id: Uuid
    author_id: Uuid
    content: str
    source_type: str = "agent_response"
    raw_message: JsonObject = {}
    metadata: JsonObject = {}


class Completed(BaseModel):
    model_config = ConfigDict(extra="allow")

    channel_id: Uuid


class NamedAgent(BaseModel):
    agentId: Uuid


class Between(BaseModel):
    currentUserId: Uuid
    targetUserId: Uuid
    dmServerId: Uuid | None = None


class Range(BaseModel):
    limit: int | None = None
    before: EpochMs | None = None
    after: EpochMs | None = None


class Paged(BaseModel):
    limit: int | None = None
    offset: int | None = None


class Table(BaseModel):
    tableName: str = "messages"
    channelId: Uuid | None = None
    limit: int | None = None
    before: EpochMs | None = None


class Runs(BaseModel):
    roomId: Uuid | None = None
    status: str = "all"
    limit: int | None = None
    begun_from: EpochMs | None = Field(None, alias="from")
    to: EpochMs | None = None


class Search(BaseModel):
    query: str
    channelId: Uuid | None = None
    authorId: Uuid | None = None
    limit: int | None = None


class Wording(BaseModel):
    content: JsonObject = Field(description="An object with a `text`")


class LogPage(BaseModel):
    count: int | None = None
    offset: int | None = None


class World(BaseModel):
    agentIds: list[Uuid] = []


class UploadTold(Told):
    url: str
    type: str
    filename: str
    originalName: str
    size: int


class Upload(Told):
    success: Literal[True]
    data: UploadTold


class File(BaseModel):
    file: str = Field(json_schema_extra={"format": "binary"})


CHANNELS: Mapping[RouteHandler, Operation] = {
    channels.create_channel: Operation(summary="Make a channel", body=NewChannel, answer=OneChannel, statuses=(201,)),
    channels.direct_channel: Operation(
        summary="The direct channel of two", about="Made if there is none.", query=Between, answer=OneChannel
    ),
    channels.channel_details: Operation(summary="Get a channel", answer=OneChannel),
    channels.channel_participants: Operation(summary="Who is in a channel", answer=Ids),
    channels.channel_agents: Operation(summary="Which agents are in a channel", answer=Answered),
    channels.add_agent: Operation(
        summary="Have an agent in a channel", body=NamedAgent, answer=Answered, statuses=(201,)
    ),
    channels.remove_agent: Operation(summary="Have an agent in a channel no more", answer=Answered),
    channels.list_messages: Operation(
        summary="What was said, newest first",
        about="Also of a session that is over, until its channel is deleted.",
        query=Range,
        answer=MessagePage,
    ),
    submit.post_message: Operation(
        summary="Say something",
        body=NewMessage,
        answer=OneMessage,
        statuses=(201,),
        errors=(429, 502, 503, 504),
        streams="The events of a reply, as for a session's message",
    ),
    channels.delete_message: Operation(summary="Take a message back", statuses=(204,)),
    channels.clear_messages: Operation(summary="Take all messages back", statuses=(204,)),
    channels.update_channel: Operation(summary="Change a channel", body=ChannelChanges, answer=OneChannel),
    channels.delete_channel: Operation(
        summary="Delete a channel", about="With its messages and files; its session ends.", statuses=(204,)
    ),
    channels.generate_title: Operation(
        summary="A title for what was said",
        about="Made by rule; null below four messages.",
        body=NamedAgent,
        body_needed=False,
        answer=Answered,
    ),
    submit.submit: Operation(
        summary="An agent elsewhere speaks", body=Submitted, answer=OneMessage, statuses=(201,), errors=(429,)
    ),
    submit.complete: Operation(summary="An agent elsewhere has said all", body=Completed, answer=Answered),
    submit.ingest: Operation(
        summary="Bring in what was said elsewhere", body=Submitted, answer=Answered, statuses=(202,), errors=(429,)
    ),
    submit.search_messages: Operation(summary="Find what was said", body=Search, answer=Answered),
    submit.get_message: Operation(summary="Get a message", answer=OneMessage),
    submit.update_message: Operation(summary="Change a message: refused", errors=(403,)),
    uploads.upload_for_channel: Operation(
        summary="Share a file in a channel", body=File, form=True, answer=Upload, errors=(413,)
    ),
    uploads.upload_for_agent: Operation(
        summary="Share a file with an agent", body=File, form=True, answer=Upload, errors=(413,)
    ),
    uploads.give: Operation(summary="Get a shared file", file=True),
}

MESSAGE_SERVERS: Mapping[RouteHandler, Operation] = {
    message_servers.current_server: Operation(summary="The message server there is", answer=Answered),
    message_servers.all_servers: Operation(summary="List message servers: one", answer=Answered),
    message_servers.server_channels: Operation(
        summary="The channels of a message server", query=Paged, answer=Answered
    ),
    message_servers.list_agents: Operation(summary="The agents of a message server", answer=Answered),
    message_servers.add_agent: Operation(
        summary="Have an agent belong to a message server", body=NamedAgent, answer=Answered, statuses=(201,)
    ),
    message_servers.remove_agent: Operation(summary="Have it belong there no more", answer=Answered),
    message_servers.list_servers: Operation(summary="The message servers of an agent", answer=Answered),
    message_servers.only_one: Operation(summary="Make or delete message servers: refused", errors=(403,)),
}

AS_AGENTS_SEE: Mapping[RouteHandler, Operation] = {
    memories.list_memories: Operation(summary="An agent's memories", query=Table, answer=Answered),
    memories.list_room_memories: Operation(summary="An agent's memories of a room", query=Table, answer=Answered),
    memories.update_memory: Operation(summary="Word a memory anew", body=Wording, answer=Answered, errors=(403,)),
    memories.delete_memory: Operation(summary="Forget a memory, or take a message back", answer=Answered),
    memories.clear_memories: Operation(summary="Take back all that was said to an agent", answer=Answered),
    memories.clear_room: Operation(summary="Take back all that was said in a room", statuses=(204,)),
    memories.list_rooms: Operation(summary="An agent's rooms", answer=Answered),
    memories.get_room: Operation(summary="One of an agent's rooms", answer=Answered),
    memories.create_room: Operation(
        summary="Make a channel with an agent in it", body=NewChannel, answer=Answered, statuses=(201,)
    ),
    memories.make_world: Operation(
        summary="Have agents meet a message server", body=World, answer=Listed, statuses=(201, 207)
    ),
    memories.delete_world: Operation(summary="Delete a world: refused", errors=(403,)),
    memories.clear_world: Operation(summary="Take back all that was said on a message server", statuses=(204,)),
    agents.list_panels: Operation(summary="The panels of an agent: none", answer=Listed),
    runs.list_runs: Operation(summary="An agent's latest runs", query=Runs, answer=Answered),
    runs.get_run: Operation(summary="One run", answer=Answered),
    logs.list_agent_logs: Operation(summary="What the log says about an agent", query=LogPage, answer=Listed),
    logs.delete_agent_log: Operation(summary="Let go of a line of the log", statuses=(204,)),
    audio.refuse: Operation(summary="Speech: refused", errors=(501,)),
}
