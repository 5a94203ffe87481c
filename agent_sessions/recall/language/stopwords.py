"""English words that carry grammar and little meaning; they are neither indexed nor searched."""

from __future__ import annotations

_WORDS = """
a about above after again against all also although am an and any anybody anyone anything are aren't as at be because
been before being below between both but by can can't cannot could couldn't did didn't do does doesn't doing don't
down during each either else ever every everybody everyone everything few for from further had hadn't has hasn't have
haven't having he he'd he'll he's her here here's hers herself him himself his how how's however i i'd i'll i'm i've if
in into is isn't it it'd it'll it's its itself just let let's like lot lots many may maybe me might mine more most much
must mustn't my myself neither no nobody none nor not nothing now of off oh ok okay on once one ones only onto or other
others our ours ourselves out over own per perhaps quite rather really same shall shan't she she'd she'll she's should
shouldn't since so some somebody someone something somewhere still such than that that'd that'll that's the their
theirs them themselves then there there's these they they'd they'll they're they've thing things this those though
through thus to too toward towards under until up upon us very was wasn't we we'd we'll we're we've well were weren't
what what's whatever when when's where where's whether which while who who's whom whose why why's will with within
without won't would wouldn't yeah yep yes yet you you'd you'll you're you've your yours yourself yourselves
im ive dont didnt doesnt isnt wasnt cant wont youre thats whats gonna wanna u ur lol haha hey hi hello
d ll m re s t ve
"""

STOP_WORDS: frozenset[str] = frozenset(_WORDS.split())
