"""Which words speak of the same thing, so that a question finds an answer in other words.

Two hand-written tables of everyday English: words that can stand for one another, and kinds with their members.
"""

from __future__ import annotations

from functools import cache

from agent_sessions.recall.language.stems import stem

_ALIKE = """
job work career occupation profession employment; boss manager supervisor; colleague coworker teammate; hire recruit
employ; fire layoff dismiss; quit resign leave; salary pay wage income earn; promotion promote raise; company business
firm employer startup; retire retirement; interview application apply; meeting call conference; deadline due; buy
purchase order get shop; sell sale; cost price expensive afford budget; cheap affordable bargain; money cash savings
fund finance; rent lease; own possess have; gift present; donate donation charity give contribute; borrow loan; child
son daughter baby toddler; parent mother father; sibling brother sister; spouse husband wife partner; grandparent
grandmother grandfather; boyfriend girlfriend partner date relationship; friend buddy pal bestie; marry wedding
marriage married engaged engagement fiance; divorce separate breakup split; relative family cousin aunt uncle;
pregnant pregnancy expecting birth born; adopt adoption; raise bring; neighbour neighbor; house home apartment flat
place condo; move relocate moving; live reside stay based; room bedroom kitchen; garden yard backyard plant; furniture
couch sofa table chair; clean tidy chore; decorate decoration decor renovate; city town hometown; country nation
homeland; abroad overseas foreign; native origin from background roots heritage; travel trip vacation holiday journey
visit tour getaway; flight fly plane airport; hotel hostel resort airbnb; beach sea ocean coast shore; hike trail trek
hiking; camp camping tent; drive car ride; road highway route; explore discover adventure; destination place spot;
passport visa; sightseeing landmark attraction; school college university class; study learn course lesson; teacher
professor instructor tutor coach; student pupil classmate; degree major diploma graduate graduation; exam test quiz;
homework assignment; grade score mark; research investigate study; scholarship grant; workshop seminar training; eat
food meal dish dine; breakfast lunch dinner supper brunch; cook bake recipe make; restaurant diner cafe eatery; drink
beverage; dessert sweet cake cookie; snack treat; vegetarian vegan diet; hungry appetite; delicious tasty yummy
flavor; ingredient recipe; exercise workout gym fitness train; run jog marathon race; swim pool; cycle bike; game
match play; team club league; win victory champion trophy award prize; lose defeat; compete competition contest
tournament; practice train rehearse; health healthy wellbeing wellness; sick ill illness disease unwell; doctor
physician clinic hospital; medicine medication pill drug; injury injure hurt accident; pain ache sore; sleep rest nap
insomnia; tired exhausted fatigue; allergy allergic; therapy therapist counseling counselor; surgery operation;
recover recovery heal; weight pound diet; anxiety anxious nervous worry stress; stress pressure overwhelm destress;
relax unwind calm chill destress; meditate meditation yoga mindfulness; sad depressed unhappy upset down; happy glad
joy delighted; excite thrilled excited eager; angry mad furious annoyed; afraid scared fear frighten phobia; love
adore enjoy like; hate dislike despise; favorite prefer preference love best; proud pride; lonely alone; grateful
thankful appreciate; surprise surprised shock; feel feeling emotion; miss long; hope wish dream; regret sorry
apologize; difficult hard challenge tough struggle obstacle; hobby interest pastime leisure passion; paint painting
art draw drawing sketch artist; music song band album listen; concert show gig festival performance perform;
instrument guitar piano violin drum; sing singer song vocal; dance dancer dancing; movie cinema watch; show series
episode season; book novel read author; write writing writer story blog journal; poem poetry poet; photo picture
camera image photography; game videogame console gamer; craft pottery knit sew diy; collect collection; theater
theatre play stage; museum exhibit exhibition gallery; party celebrate celebration gathering; birthday anniversary;
christmas holiday; event occasion; pet dog cat puppy kitten; dog puppy pup; cat kitten kitty; animal wildlife; rescue
shelter adopt; name called nickname; phone mobile; computer laptop pc; website site page web; application software
program; bug error issue problem fix; code program programming developer; database table schema; deploy release
launch; test testing coverage; login authentication sign password; framework library tool package; update upgrade
version; speed fast performance latency optimize; server backend host; interface ui design layout; email mail message;
video clip youtube film; online internet; begin start commence launch; stop end finish quit; finish complete done;
create make build develop; repair fix mend broken; plan intend going arrange schedule; decide decision choose choice;
want wish would; need require necessary; help assist support aid; join member enroll participate; attend visit go;
teach instruct explain; suggest recommend suggestion recommendation advice advise; ask question request; talk discuss
conversation chat speak; say tell mention; meet encounter; see watch view; look search find; try attempt; improve
better enhance progress; achieve accomplish accomplishment achievement milestone success; goal aim target objective
dream; volunteer volunteering charity community; change transition shift switch; grow increase expand; reduce decrease
lower cut; inspire inspiration motivate motivation encourage; remember recall memory reminder; lose lost missing;
believe think opinion view; important significant matter value; reason because cause motivate; idea concept thought;
habit routine regular; skill ability talent; experience background; religion faith church god spiritual pray; politics
political government vote election; identity gender transgender lgbtq gay queer; age old year; die death dead passed
funeral; storm rain weather snow; hot warm heat summer; cold winter snow; nature outdoors forest park; mountain peak
climb; river lake water; car vehicle truck; train railway subway; bus transport commute; police crime arrest; fire
burn flame; clothes outfit wear dress clothing; shoe sneaker boot; jewelry necklace ring bracelet; hair haircut; color
colour; big large huge; small little tiny; beautiful pretty gorgeous; funny hilarious humor joke; weird strange odd;
recent recently lately new; often frequently regularly usually; morning dawn sunrise; evening night sunset
"""

_KINDS = """
pet: dog cat puppy kitten hamster rabbit bunny fish parrot turtle lizard snake guinea
animal: dog cat horse bird cow pig sheep lion tiger bear elephant deer fox turtle fish snake
family: mother father brother sister son daughter husband wife grandmother grandfather cousin aunt uncle child parent
sport: soccer football basketball tennis baseball hockey golf volleyball swim run rugby cricket boxing karate judo jiu
 surf ski snowboard skate climb cycle gym badminton martial
exercise: run jog swim yoga pilates gym walk hike cycle lift weight squat cardio stretch
instrument: guitar piano violin drum flute cello bass clarinet trumpet saxophone ukulele keyboard
music: rock pop jazz classical hip hop rap country metal blues reggae indie folk song band
hobby: paint read cook bake garden hike photography dance knit sew chess pottery guitar piano camp surf fish collect
art: paint sculpture drawing sketch pottery ceramic mural gallery watercolor canvas exhibit
food: pizza pasta sushi taco burger salad soup sandwich curry rice chicken steak seafood noodle bread cheese
dessert: cake pie cookie brownie cheesecake chocolate tiramisu pastry cupcake ice
fruit: apple banana orange strawberry mango grape peach pineapple berry
vegetable: carrot tomato broccoli spinach potato onion pepper lettuce
drink: coffee tea wine beer juice cocktail water smoothie soda latte
meal: breakfast lunch dinner brunch supper
country: usa america canada mexico england france spain italy germany japan china india brazil australia sweden korea
 thailand ireland scotland greece portugal turkey egypt
city: paris london tokyo rome barcelona berlin madrid york angeles francisco chicago boston seattle miami toronto dublin
 sydney
state: california texas florida oregon nevada arizona colorado georgia washington michigan alaska hawaii
job: engineer teacher nurse doctor lawyer designer developer manager waiter barista chef accountant writer artist actor
 counselor consultant analyst intern
subject: math physics chemistry biology history psychology economics literature computer engineering philosophy
degree: bachelor master phd mba graduate major
feeling: happy sad angry excited nervous scared proud anxious grateful lonely stressed relieved disappointed
vehicle: car bike motorcycle truck bus van boat bicycle scooter suv
device: phone laptop tablet computer camera headphone console watch
season: spring summer autumn fall winter
outdoor: hike camp park beach trail garden picnic mountain fish kayak
book: novel fantasy biography mystery romance fiction memoir trilogy
movie: comedy drama thriller horror romance action documentary trilogy
game: chess monopoly poker xbox playstation nintendo puzzle cards zelda
clothes: shirt dress jacket shoe pants jeans hat coat sweater skirt
illness: cold flu fever cancer diabetes asthma covid infection migraine allergy
furniture: couch sofa table chair desk bed shelf lamp
holiday: christmas thanksgiving easter halloween hanukkah valentine
relative: cousin aunt uncle grandmother grandfather niece nephew
language: english spanish french german italian chinese japanese korean arabic portuguese russian
religion: christian catholic muslim jewish buddhist hindu church mosque temple
platform: instagram facebook twitter youtube tiktok reddit twitch linkedin
stress: yoga meditate run walk bath music therapy relax pottery
"""


@cache
def related() -> dict[str, tuple[str, ...]]:
    """Stem to the stems that may answer for it, in a fixed order; none of them itself."""
    found: dict[str, dict[str, None]] = {}
    for line in _ALIKE.replace("\n", " ").split(";"):
        group = [stem(word) for word in line.split()]
        for term in group:
            found.setdefault(term, {}).update(dict.fromkeys(group))
    for line in _KINDS.replace("\n ", " ").strip().splitlines():
        kind, members = line.split(":")
        found.setdefault(stem(kind), {}).update(dict.fromkeys(stem(word) for word in members.split()))
    return {term: tuple(other for other in others if other != term) for term, others in found.items()}
