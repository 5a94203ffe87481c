"""English words whose forms follow no rule, and numbers written as words: each form leads to the first of its line."""

from __future__ import annotations

_VERBS = """
arise arose arisen; awake awoke awoken; bear bore borne; beat beaten; become became; begin began begun; bend bent;
bind bound; bite bit bitten; bleed bled; blow blew blown; break broke broken; breed bred; bring brought;
build built; burn burnt; buy bought; catch caught; choose chose chosen; cling clung; come came; creep crept; deal dealt;
dig dug; dive dove; draw drew drawn; dream dreamt; drink drank drunk; drive drove driven; dwell dwelt; eat ate eaten;
fall fell fallen; feed fed; feel felt; fight fought; find found; flee fled; fly flew flown; forbid forbade forbidden;
forget forgot forgotten; forgive forgave forgiven; freeze froze frozen; get got gotten; give gave given;
go went gone goes; grind ground; grow grew grown; hang hung; hear heard; hide hid hidden; hold held; keep kept;
kneel knelt; know knew known; lay laid; lead led; lean leant; leap leapt; learn learnt; leave left; lend lent;
light lit; lose lost; make made; mean meant; meet met; mistake mistook mistaken; overcome overcame; pay paid;
prove proven; ride rode ridden; ring rang rung; rise rose risen; run ran; say said; see saw seen; seek sought;
sell sold; send sent; sew sewn; shake shook shaken; shine shone; shoot shot; show shown; shrink shrank shrunk;
sing sang sung; sink sank sunk; sit sat; sleep slept; slide slid; smell smelt; speak spoke spoken; speed sped;
spell spelt; spend spent; spill spilt; spin spun; spoil spoilt; spring sprang sprung; stand stood; steal stole stolen;
stick stuck; sting stung; stink stank stunk; strike struck; strive strove; swear swore sworn; sweep swept;
swell swollen; swim swam swum; swing swung; take took taken; teach taught; tear tore torn; tell told;
think thought; throw threw thrown; understand understood; undergo underwent undergone; undo undid undone;
wake woke woken; wear wore worn; weave wove woven; weep wept; win won; wind wound; withdraw withdrew withdrawn;
write wrote written
"""

_NOUNS = """
child children kid kids; man men; woman women; wife wives; knife knives; half halves;
shelf shelves; thief thieves; wolf wolves; calf calves; loaf loaves; scarf scarves; foot feet; tooth teeth;
goose geese; mouse mice; person people persons; ox oxen; criterion criteria; analysis analyses;
crisis crises; thesis theses; hypothesis hypotheses; diagnosis diagnoses; index indices; matrix matrices;
mother mom moms mum mums mommy mummy mama; father dad dads daddy papa; grandmother grandma granny nana;
grandfather grandpa; family families fam; photo photos photograph photographs pic pics; movie movies film films;
bike bikes bicycle bicycles; phone phones telephone; television tv tvs telly; mathematics math maths;
refrigerator fridge; application app apps; advertisement ad ads; university uni; laboratory lab labs;
bro brother; sis sister; cellphone smartphone; vet veterinarian; gym gymnasium; exam examination exams; veggie vegetable
"""

_COMPARISONS = """
good better best; bad worse worst; far farther farthest further furthest; little less least;
old older oldest elder eldest
"""

_NUMBERS = """
2 two second twice; 3 three third; 4 four fourth; 5 five fifth; 6 six sixth; 7 seven seventh; 8 eight eighth;
9 nine ninth; 10 ten tenth; 11 eleven eleventh; 12 twelve twelfth; 13 thirteen; 14 fourteen; 15 fifteen; 16 sixteen;
17 seventeen; 18 eighteen; 19 nineteen; 20 twenty; 30 thirty; 40 forty; 50 fifty; 60 sixty; 70 seventy; 80 eighty;
90 ninety
"""

_CALENDAR = """
january jan; february feb; april apr; august aug; september sept sep; october oct; november nov; december dec;
tuesday tues; thursday thur thurs; friday fri
"""


def _forms(table: str) -> dict[str, str]:
    return {form: first for line in table.split(";") for first, *rest in [line.split()] for form in rest}


IRREGULAR: dict[str, str] = {
    form: first
    for table in (_CALENDAR, _COMPARISONS, _NUMBERS, _NOUNS, _VERBS)
    for form, first in _forms(table).items()
}
"""Form to the word it is a form of, both lower-case."""
