"""The words by which pages name what is not their article, in the six languages that we follow.

Names of boxes (classes and ids), and lines that talk to the reader about the site.
"""

from __future__ import annotations

import re
from functools import lru_cache


def names(words: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(words.split())


_CLUTTER = re.compile(
    r"""(?:^|[\s_-]|(?<=[a-z])(?=[A-Z]))(?:
      newsletters? | cookies?[-_]?(?:banner|bar|notice|consent|policy|law)? | consent | gdpr | onetrust | cmp
    | related (?:[-_]?(?:articles?|posts?|stories|content|links|news))? | recirc\w* | more[-_]stories | most[-_](?:read|popular)
    | promo(?:[-_]?box)? | teasers? | subscribe (?:[-_]?(?:box|form|banner))? | sign[-_]?up | share (?:[-_]?(?:bar|buttons|tools))?
    | social[-_]?(?:share|sharing|links|bar) | disqus(?:_thread)? | comments? (?:[-_]?(?:list|section|area|thread|form|container))?
    | taboola | outbrain | read[-_]?next | trending | breadcrumbs? | author[-_]?(?:bio|box|card) | skip[-_]?link
    )(?:$|[\s_-])""",
    re.X | re.I,
)

_PICTURE = re.compile(
    r"""(?:^|[\s_-]|(?<=[a-z])(?=[A-Z]))(?:
      galler(?:y|ies) | captions? | credits? | photos? | slide(?:s|show|r)? | videos? | images? | adverts?(?:isement)? | ads?
    | byline | timestamp | dateline
    )(?:$|[\s_-])""",
    re.X | re.I,
)
_WALL = re.compile(
    r"pay-?wall|reg-?wall|metered|subscriber-?(?:only|wall)|is-?locked|locked-?content|premium-?(?:wall|gate|content)|content-?gate"
    r"|piano-?(?:inline|container|offer)|muro-?de-?pago|abo-?(?:wall|only|teaser)",
    re.I,
)
_HIDDEN = re.compile(r"rollover|tooltip|popover|visually-?hidden|screen-?reader|sr-only", re.I)


# Pages use the same few names over and over, and these patterns take their time.
@lru_cache(maxsize=8_192)
def is_clutter(names: str) -> bool:
    """Tell whether a box is named as something beside the article."""
    return bool(_CLUTTER.search(names))


@lru_cache(maxsize=8_192)
def is_picture(names: str) -> bool:
    """Tell whether a box is named as a picture, a film or an advert, or as what stands beneath them."""
    return bool(_PICTURE.search(names))


@lru_cache(maxsize=8_192)
def is_hidden(names: str) -> bool:
    """Tell whether an element is named as one that only shows when pointed at, or never."""
    return bool(_HIDDEN.search(names))


@lru_cache(maxsize=8_192)
def is_wall(names: str) -> bool:
    """Tell whether a box is named as what stands where a text is cut for those who haven't paid."""
    return bool(_WALL.search(names))


# What such a box says, or the last line of a text that was cut.
WALL = re.compile(
    r"(?:subscribe|sign\s+(?:up|in)|log\s*in|register|join|become\s+a\s+(?:member|subscriber))\b[^.!?\n]{0,60}\b(?:to|and)\s+(?:continue|keep|read|finish|unlock|access|get\s+(?:full|unlimited))"
    r"|(?:to|for)\s+(?:continue|keep)\s+reading\b|continue\s+reading\s+(?:this|with|for|by)\b|(?:this|the\s+(?:rest|remainder)\s+of\s+this)\s+(?:article|story|content|post|report)\s+is\s+(?:for|only|exclusive|reserved|available\s+(?:only|to))"
    r"|(?:exclusive(?:ly)?|only)\s+(?:for|to)\s+(?:paying\s+|paid\s+|our\s+)?(?:subscribers|members)|already\s+a\s+(?:subscriber|member)\b|unlock\s+(?:this|the\s+full)\s+(?:article|story)"
    r"|(?:para|si\s+quieres|quieres)\s+(?:seguir|continuar)\s+leyendo|suscr[íi]b(?:ete|ase)\s+para\s+(?:seguir|continuar|leer)|(?:contenido|art[íi]culo|noticia)\s+(?:exclusiv[oa]|s[óo]lo|reservad[oa])\s+(?:para|a)\s+(?:suscriptores|socios)|ya\s+eres\s+suscriptor"
    r"|(?:la\s+suite|cet\s+article|l['’]article)\s+(?:est|vous\s+est)\s+réservée?\b|il\s+vous\s+reste\s+\d+\s*%|(?:abonnez-vous|s['’]abonner|connectez-vous)\s+pour\s+(?:lire|continuer|accéder|poursuivre)|déjà\s+abonné"
    r"|(?:weiterlesen|jetzt\s+(?:weiter)?lesen)\s+mit\b|(?:dieser|der\s+ganze|den\s+ganzen|diesen)\s+(?:artikel|beitrag|text|inhalt)\b[^.\n]{0,40}\b(?:abonnent|abo\b|plus\b|registriert)|um\s+(?:diesen\s+artikel\s+)?weiterzulesen|bereits\s+abonnent"
    r"|(?:assine|cadastre-se|fa[çc]a\s+login)\b[^.\n]{0,40}\bpara\s+(?:continuar|ler|ter\s+acesso)|(?:conte[úu]do|mat[ée]ria)\s+(?:exclusiv[oa]|restrit[oa])\s+(?:para|a)\s+assinantes|já\s+é\s+assinante"
    r"|(?:abbonati|registrati|accedi)\s+per\s+(?:continuare|leggere|proseguire)|(?:contenuto|articolo)\s+(?:riservato|esclusivo|solo)\s+(?:agli|per\s+gli)\s+abbonati|sei\s+già\s+abbonato",
    re.I,
)

BYLINE = re.compile(
    r"(?:By|BY|by|Von|Por|Par|Di|Text|Texto|Texte|Words)\b:?\s+(?:der\s+)?[A-ZÀ-Þ][\w.'’-]*(?:\s+(?:(?:and|und|y|et|e|de|da|dos|del|di|van|von|la|le)\s+)*[A-ZÀ-Þ][\w.'’-]*){0,5}"
    r"(?=$|\s*[,.|–—•·-]|\s+(?:published|updated))",
)
YEAR = re.compile(r"\b(?:19|20)\d\d\b")

_POINTER = (
    # "Read more: ..." and its kin, followed by the title of another page
    r"(?:see|read|watch|listen|view|learn|explore)\s+(?:more|also|next|further|now|on)\b\s*(?:[:.]|$)|(?:also\s+)?(?:read|see|watch)\s*:"
    r"|next\s*:|related\s*(?:[:.]|$|stories|articles|coverage|posts|content|links)|recommended\s*:|more\s+(?:from|on|about)\b[^.]*:?$"
    r"|don['’]t\s+miss\b[^.]{0,20}$|also\s+(?:read|see)\s*:|also\s+on\s+\S+\.\w{2,4}\b|explore\s+further$|trending(?:\s+now)?\s*:?$|you\s+(?:may|might)\s+also\s+like"
    r"|(?:lee|leer|lea|vea|ver|mira)\s+también\b|(?:lee|leer|lea|vea|ver|mira)\s+más\s*(?:[:.]|$|sobre\b)|te\s+puede\s+interesar|también\s+te\s+puede"
    r"|(?:notas?|noticias?|artículos?|temas?)\s+relacionad[oa]s?\b|más\s+sobre\b[^.]*$|m[áa]s\s+información\s*(?:[:.]|$)"
    r"|(?:leia|veja|saiba|confira|assista)\s+(?:também|mais)\b|(?:notícias?|matérias?|artigos?)\s+relacionad[oa]s?\b"
    r"|(?:à|a)\s+lire\s+(?:aussi|également)|lire\s+(?:aussi|également|la\s+suite)|voir\s+aussi|sur\s+le\s+même\s+sujet|articles?\s+liés?\b"
    r"|lesen\s+sie\s+(?:auch|mehr|hier)|mehr\s+zum\s+thema|siehe\s+auch|auch\s+interessant\s*(?::|$)|weiterlesen|das\s+könnte\s+sie"
    r"|leggi\s+anche|vedi\s+anche|articoli\s+correlati|potrebbe\s+interessarti|ti\s+potrebbe\s+(?:anche\s+)?interessare"
)
_OFFER = (
    # newsletters, subscriptions, shares, comments, apps
    r"(?:click|tap)\s+here\s+(?:to|for)\b|get\s+(?:the|our)\b.{0,80}\b(?:inbox|newsletter|app)\b|subscribe\s+(?:to|now|here|today)\b|sign\s+up\s+(?:for|to|here|now)\b"
    r"|(?:thanks|thank\s+you)\s+for\s+(?:signing|subscribing)|thank\s+you!?$|sorry!?$|this\s+article\s+has\s+been\s+sent|an?\s+error\s+has\s+occurred|there\s+was\s+an\s+error"
    r"|like\s+this\s+(?:story|article)\?|share\s+(?:this|it)\b.{0,60}$|share\s+on\s+\w+$|follow\s+(?:us|@)|follow\s+.{1,60}\bon\s+(?:twitter|x|facebook|instagram|linkedin|bluesky|threads|mastodon)\b|tell\s+us\s+what\s+you\s+think|(?:leave|post|add)\s+a\s+comment"
    r"|\d*\s*comments?$|(?:order|print|email)\s+(?:reprints|article|this)\b|advertis?e?ment$|loading\b.{0,12}$|keep\s+an\s+eye\s+on\s+your\s+inbox"
    r"|[\w’' ]{0,40}newsletter$|.{0,80}\bclick(?:ing)?\s+here\.?$|join\s+(?:us|our)\b.{0,60}$"
    r"|suscr[íi]b(?:ete|ase)\b|síguenos\b|reg[íi]str(?:ate|ese)\b|comparte\b.{0,40}$|recibe\s+.{0,60}(?:correo|boletín)|haz\s+clic\s+aquí|publicidad$|comentarios$"
    r"|inscreva-se\b|assine\b.{0,80}$|receba\b.{0,60}(?:e-?mail|newsletter)|siga\b.{0,40}$|compartilhe\b|clique\s+aqui|publicidade$|comentários$"
    r"|abonnez-vous\b|inscrivez-vous\b|recevez\b.{0,60}(?:mail|newsletter|lettre)|suivez-nous\b|partager\b.{0,40}$|cliquez\s+ici|publicité$|commentaires$"
    r"|abonnieren\s+sie|jetzt\s+(?:abonnieren|anmelden|registrieren)|melden\s+sie\s+sich\b.{0,60}newsletter|folgen\s+sie\s+uns|(?:artikel\s+)?teilen$|anzeige$|werbung$|kommentare$"
    r"|iscriviti\b|abbonati\b|seguici\b|condividi\b.{0,40}$|clicca\s+qui|pubblicità$|commenti$"
)
_NOTICE = (
    # copyright and terms, consent
    r"(?:copyright\s*)?©|copyright\s*(?:\(c\)|\d{4})|.{0,120}\ball\s+rights\s+reserved\b|this\s+copy\s+is\s+for\s+your\s+personal|todos\s+los\s+derechos\s+reservados|todos\s+os\s+direitos\s+reservados"
    r"|tous\s+droits\s+réservés|alle\s+rechte\s+vorbehalten|tutti\s+i\s+diritti\s+riservati|this\s+material\s+may\s+not\s+be\s+published"
    r"|(?:we|this\s+(?:site|website))\s+uses?\s+cookies|(?:usamos|utilizamos|utilizzamo|utilizziamo)\s+(?:los\s+|i\s+)?cookies?|(?:este\s+sitio|este\s+site)\s+(?:web\s+)?(?:usa|utiliza)\s+cookies"
    r"|(?:nous|ce\s+site)\s+utilis\w+\s+(?:des\s+)?cookies|(?:wir|diese\s+website)\s+(?:verwenden|verwendet|nutzen|nutzt)\s+cookies"
    r"|https?://\S+$"
)

ASIDE = re.compile(rf"^[\s>•*|\[(–—-]{{0,3}}(?:{_POINTER}|{_OFFER}|{_NOTICE})", re.I)
