"""The local memory engine: what ended conversations become, and how it is found again. Pure computation, no store.

``extract`` turns a conversation into memories, ``search.index`` finds them. Folders know those named before them:
language, dates, sentences, judging, facts, revising, search.
"""
