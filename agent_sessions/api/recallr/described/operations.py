"""What is told of each route, by its handler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...openapi.operation import Operation
from .. import conflicts, context, memories, search, sessions, users
from .. import schemas as asked
from . import answers as told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..wire import RouteHandler

INVALID = 422
"""What breaks a rule on this wire, bodies and queries alike."""

USERS: Mapping[RouteHandler, Operation] = {
    users.create: Operation(
        summary="Create a user",
        body=asked.NewUser,
        answer=told.OneUser,
        statuses=(201,),
        errors=(409, INVALID),
    ),
    users.list_page: Operation(
        summary="List users, newest first", query=asked.UserList, answer=told.Users, errors=(INVALID,)
    ),
    users.show: Operation(summary="Get a user", answer=told.OneUser),
    users.update: Operation(
        summary="Update a user",
        about="What is absent or null stays as it is.",
        body=asked.UserUpdate,
        body_needed=False,
        answer=told.OneUser,
        errors=(409, INVALID),
    ),
    users.erase: Operation(summary="Erase a user with everything they said", statuses=(204,)),
    users.last_messages: Operation(
        summary="Get the last messages of a user, over all sessions",
        query=asked.LastMessages,
        answer=told.UserMessages,
        errors=(INVALID,),
    ),
}

SESSIONS: Mapping[RouteHandler, Operation] = {
    sessions.create: Operation(
        summary="Create a session without an agent",
        about="It is processed when nothing is added to it for `auto_process_after_seconds`, or when told to.",
        body=asked.NewSession,
        body_needed=False,
        answer=told.OneSession,
        statuses=(201,),
        errors=(INVALID,),
    ),
    sessions.list_page: Operation(
        summary="List a user's sessions, newest first",
        query=asked.SessionList,
        answer=told.MemorySessions,
        errors=(INVALID,),
    ),
    sessions.show: Operation(summary="Get a session", answer=told.OneSession),
    sessions.update: Operation(
        summary="Replace a session's metadata",
        body=asked.SessionUpdate,
        body_needed=False,
        answer=told.OneSession,
        errors=(INVALID,),
    ),
    sessions.erase: Operation(
        summary="Erase a session",
        about="With it go the memories made from it; earlier versions of these become current again.",
        statuses=(204,),
    ),
    sessions.add_message: Operation(
        summary="Add a message to a session",
        body=asked.NewMessage,
        answer=told.Done,
        errors=(INVALID,),
    ),
    sessions.process: Operation(
        summary="Make memories of a session",
        about="Its status is `processing` before the answer and `processed` when the memories are there.",
        answer=told.Done,
    ),
    sessions.messages: Operation(
        summary="List the messages of a session, oldest first",
        query=asked.MessageList,
        answer=told.SessionMessages,
        errors=(INVALID,),
    ),
}

MEMORIES: Mapping[RouteHandler, Operation] = {
    memories.list_page: Operation(
        summary="List a user's memories, newest first",
        query=asked.MemoryList,
        answer=told.Memories,
        errors=(INVALID,),
    ),
    memories.show: Operation(
        summary="Get a memory with its versions", query=asked.MemoryLook, answer=told.Memory, errors=(INVALID,)
    ),
    memories.forget: Operation(
        summary="Forget a memory",
        query=asked.MemoryRemoval,
        statuses=(204,),
        errors=(INVALID,),
    ),
    search.search: Operation(
        summary="Search a user's messages, memories and summaries",
        about="Tells of each thing found why it was.",
        query=search.Search,
        answer=told.FoundItems,
        errors=(INVALID,),
    ),
}

CONFLICTS: Mapping[RouteHandler, Operation] = {
    conflicts.list_page: Operation(
        summary="List a user's merge conflicts",
        query=asked.ConflictList,
        answer=told.Conflicts,
        errors=(INVALID,),
    ),
    conflicts.show: Operation(summary="Get a merge conflict", answer=told.OneConflict),
    conflicts.resolve: Operation(
        summary="Answer a merge conflict's questions",
        body=asked.WrappedAnswers,
        answer=told.OneConflict,
        errors=(INVALID,),
    ),
}

CONTEXTS: Mapping[RouteHandler, Operation] = {
    context.context: Operation(
        summary="Get what matters now in a session",
        about="With `stream=true` as events; exactly one of them, the last, has `is_final`.",
        query=asked.ContextAsked,
        answer=told.Context,
        streams="Lines `data: <Context>`, the context last; comments while it is made.",
        errors=(INVALID,),
    ),
    context.system_prompt: Operation(
        summary="Get the system prompt that goes with a recall strategy",
        query=asked.PromptAsked,
        answer=told.SystemPrompt,
        errors=(INVALID,),
    ),
}
