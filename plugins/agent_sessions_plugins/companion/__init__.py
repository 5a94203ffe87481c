"""The companion: a conversation partner made of a script, a notebook and a few skills. No model, no network.

``script`` reads script.yaml, ``clauses`` takes messages apart, ``patterns`` matches them, ``notebook`` notes what the
user said about themselves, ``earlier`` knows what earlier sessions have (which ``retelling`` turns to the user),
``skills`` answers what can be known, ``speaker`` decides what to say.
"""
