"""Words of speech in six languages: verbs that introduce or follow a quote, phrases of source, pronouns, articles.

Data only. Verbs are written as they stand in reports, third person, without case.
"""

from __future__ import annotations

VERBS: dict[str, str] = {
    "en": "said says say told tells added adds explained explains argued argues wrote writes asked asks replied replies "
    "noted notes claimed claims warned warns insisted insists admitted admits joked jokes recalled recalls quipped "
    "concluded concludes announced announces stated states declared declares remarked remarks predicted predicts "
    "observed observes continued continues called calls described describes likened compared compares put puts "
    "countered counters conceded concedes suggested suggests acknowledged acknowledges responded responds commented "
    "comments shouted answered answers reads read posted posts tweeted tweeted thinks believes complained complains "
    "confirmed confirms cautioned cautions summed sums laughed shrugged urged urges pointed points reported reports joked testified",
    "es": "dijo dice dicen dijeron afirmó afirma aseguró asegura explicó explica señaló señala añadió añade sostuvo sostiene "
    "declaró declara comentó comenta advirtió advierte contó cuenta escribió escribe resumió resume respondió responde "
    "admitió admite reconoció reconoce insistió insiste apuntó apunta indicó indica recordó recuerda comparó compara "
    "concluyó concluye lamentó lamenta bromeó bromea preguntó pregunta describió describe definió define confesó confiesa "
    "subrayó subraya agregó agrega expresó manifestó zanjó zanja remató remata replicó replica opinó opina razonó razona "
    "llamó llama matizó matiza precisó precisa avisó avisa ironizó ironiza detalló detalla relató relata confirmó confirma calculó calcula protestó protesta celebró celebra",
    "de": "sagte sagt sagten erklärte erklärt meinte meint betonte betont schrieb schreibt fügte ergänzte ergänzt warnte warnt "
    "kritisierte berichtete berichtet erzählt erzählte fragte fragt antwortete antwortet nannte nennt verglich vergleicht "
    "behauptete behauptet räumte räumt kommentierte kommentiert urteilte urteilt fasst fasste so teilte heißt hieß lobte "
    "lobt versichert versicherte findet fand sprach spricht formuliert formulierte bilanziert bilanzierte scherzte scherzt",
    "fr": "dit disent déclare déclaré affirme affirmé explique expliqué ajoute ajouté assure assuré estime estimé précise "
    "précisé souligne souligné confie confié raconte raconté résume résumé écrit répond répondu prévient prévenu "
    "reconnaît reconnu insiste insisté conclut conclu note noté compare comparé lance lancé rappelle rappelé "
    "s'exclame glisse glissé tranche tranché plaisante commente commenté juge jugé admet admis avertit averti indique indiqué "
    "sourit soupire poursuit poursuivi nuance nuancé observe",
    "pt": "disse diz dizem afirmou afirma explicou explica declarou declara contou conta acrescentou acrescenta escreveu escreve "
    "resumiu resume respondeu responde admitiu admite alertou alerta avaliou avalia comentou comenta destacou destaca "
    "ressaltou ressalta comparou compara garantiu garante lembrou lembra reconheceu reconhece concluiu conclui brincou "
    "brinca perguntou pergunta reclamou reclama relatou relata ponderou pondera argumentou argumenta defendeu defende",
    "it": "detto dice dicono disse ha_detto afferma affermato spiega spiegato dichiarato dichiara aggiunge aggiunto sostiene "
    "sostenuto racconta raccontato scrive scritto risponde risposto ammette ammesso avverte avvertito commenta commentato "
    "sottolinea sottolineato paragona paragonato conclude concluso ricorda ricordato riassume riassunto precisa osserva "
    "assicura confessa scherza nota notato chiede chiesto",
}  # fmt: skip

SOURCES: dict[str, tuple[str, ...]] = {
    "en": ("according to", "in the words of"),
    "es": ("según", "en palabras de", "a juicio de"),
    "de": ("laut", "nach den Worten von", "zufolge", "so"),
    "fr": ("selon", "d'après", "d’après", "pour"),
    "pt": ("segundo", "de acordo com", "conforme", "para", "nas palavras de"),
    "it": ("secondo", "per", "a detta di"),
}

PRONOUNS: dict[str, str] = {
    "en": "he she they",
    "es": "él ella ellos ellas",
    "de": "er sie",
    "fr": "il elle ils elles on",
    "pt": "ele ela eles elas",
    "it": "lui lei egli ella loro",
}

# In Spanish, Portuguese and Italian a verb alone has its subject in it: «…», afirma.
SUBJECTLESS = frozenset(("es", "pt", "it"))

ARTICLES: dict[str, str] = {
    "en": "a an the one another his her their its our",
    "es": "un una el la los las otro otra su uno",
    "de": "ein eine der die das sein ihr seine ihre",
    "fr": "un une le la les l' l’ son sa leur",
    "pt": "um uma o a os as outro outra seu sua",
    "it": "un uno una il lo la i gli le l' l’ un' un’",
}

THAT: dict[str, str] = {"en": "that", "es": "que", "de": "dass", "fr": "que|qu['’]", "pt": "que", "it": "che"}

# Capitalised at the start of a sentence, and no name.
_STARTERS = """
a an the but and or so if in on at for from with as when while after before since it its he she they we you i
this that these those there here what who why how not no yes one two three his her their our my all some most
many both each asked speaking then now still yet even only just to by of according mr mrs ms dr el la los las un
una unos unas pero y o si en con de del al por para como cuando mientras desde según sí su sus este esta esto
ese esa eso aquel así ya también lo le se nos qué quién yo él ella ellos nosotros muchos cada hoy ayer der die
das ein eine aber und oder wenn im am auf bei mit von für als nach seit es er sie wir ihr ich dies diese dieser
nicht kein keine auch noch nur wer was wie warum laut doch denn dann heute gestern les une mais et ou dans sur
avec pour par comme quand depuis selon ce cette ces cet il elle ils elles nous je son sa ses leur leurs au aux
du des ne pas qui que quoi plus aussi hier os um uma uns umas mas e em na nas com quando segundo ele ela eles
nós eu seu sua isso isto esse essa não sim também já só ainda hoje ontem gli uno ma ed nel nella per come
secondo lui lei noi io suo questo questa non anche già più ogni oggi ieri che chi
"""
STARTERS = frozenset(_STARTERS.split())
