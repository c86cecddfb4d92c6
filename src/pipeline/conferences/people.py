"""Speakers as agendas write them: "Ana Ruiz, CTO at Box", "Ana Ruiz (Box)", "Ana Ruiz | CTO | Box" -> Speaker.

A name is two to five words that begin with a capital (particles aside), in any script that has capitals. What reads
like a role, a place or a title of a talk is none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.model import Speaker

if TYPE_CHECKING:
    from collections.abc import Iterator

LABEL = re.compile(
    r"^\s*(speakers?|presenters?|presented by|panell?ists?|moderators?|moderated by|hosts?|hosted by|keynote speakers?|with|by|"
    r"ponentes?|oradore?s?|modera(dor(a|es)?)?|presenta(do por)?|con|por|intervienen?|"
    r"referente?n?|sprecher(innen|in)?|redner|mit|von|moderation|intervenants?|orateurs?|avec|par|animé par)\s*[:\-–—]\s*"
    r"|^\s*(with|by|presented by|con|mit|avec)\s+(?-i:(?=[A-ZÀ-Þ]))",
    re.IGNORECASE,
)
PARTICLES = frozenset(
    [
        "de",
        "del",
        "la",
        "las",
        "los",
        "da",
        "das",
        "do",
        "dos",
        "di",
        "du",
        "van",
        "von",
        "der",
        "den",
        "ter",
        "ten",
        "zu",
        "el",
        "al",
        "bin",
        "ibn",
        "ben",
        "y",
        "e",
        "le",
        "mac",
        "st",
        "of",
    ]
)
WORD = re.compile(r"[^\W\d_]+(?:['’\-.][^\W\d_]+)*\.?$")
ROLE = re.compile(
    r"\b(c[etfoimpr]o|chief|officer|president|vp|svp|evp|vice|director[ae]?|head|lead|leader|manager|engineer|developer|"
    r"architect|scientist|researcher|professor|prof|founder|co-?founder|partner|analyst|editor|journalist|reporter|author|"
    r"advocate|evangelist|designer|consultant|principal|staff|senior|sr|fellow|chair|owner|product|marketing|sales|"
    r"ingenier[oa]|desarrollador[a]?|fundador[a]?|cofundador[a]?|jef[ea]|responsable|profesor[a]?|investigador[a]?|socio|socia|"
    r"president[ae]|consejer[oa]|periodista|leiter(in)?|gründer(in)?|geschäftsführer(in)?|entwickler(in)?|professorin|"
    r"fondat(eur|rice)|cofondat(eur|rice)|directeur|directrice|ingénieur[e]?|chercheu(r|se)|journaliste|minister|ministr[oa])\b",
    re.IGNORECASE,
)  # fmt: skip
NO_NAME = re.compile(
    r"\b(room|hall|stage|track|keynote|session|workshop|panel|break|lunch|coffee|registration|welcome|opening|closing|"
    r"reception|party|day|sala|auditorio|escenario|café|almuerzo|comida|registro|bienvenida|clausura|saal|raum|pause|mittag\w*|"
    r"salle|accueil|déjeuner|theat(er|re)|ballroom|arena|learn|more|read|view|agenda|schedule|program(me)?|tickets?|speakers?|"
    r"register|login|sponsors?|conference|summit|the|how|why|what|building|introduction|your|our|and|for|to|from|with|in|on|"
    r"level|floor|plaza|cent(er|re)|center|part|q&a|demo|lab|tutorial|networking|january|february|march|april|may|june|july|"
    r"august|september|october|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b",
    re.IGNORECASE,
)
SEPARATORS = re.compile(r"\s*(?:\||·|•|—|–|\s-\s|\n)\s*")
AT = re.compile(r"\s+(?:at|en|@|bei|chez)\s+|\s*@\s*", re.IGNORECASE)
PARENS = re.compile(r"^(?P<name>[^()\[\]]+?)\s*[(\[](?P<inside>[^()\[\]]{2,120})[)\]]\s*$")
LONGEST = 160


def is_name(text: str) -> bool:
    """Tell whether a text can be a person's name and nothing else."""
    words = text.split()
    if not 2 <= len(words) <= 5 or len(text) > 60 or NO_NAME.search(text):
        return False
    if not all(WORD.match(word) for word in words):
        return False
    named = [word for word in words if not word[0].islower() or re.search(r"['’][^\W\d_a-z]", word)]
    rest = [word for word in words if word not in named]
    return len(named) >= 2 and all(word.lower() in PARTICLES for word in rest) and not ROLE.search(text)


def speaker(text: str) -> Speaker | None:
    """Read one person with role and affiliation; None where the text does not begin with a name."""
    text = " ".join(LABEL.sub("", text).split()).strip(" ;,·|-–—")
    if not text or len(text) > LONGEST:
        return None
    if inside := PARENS.match(text):
        return _with_rest(inside["name"], inside["inside"])
    for name, rest in _cuts(text):
        if is_name(name):
            return _with_rest(name, rest)
    return None


def _cuts(text: str) -> Iterator[tuple[str, str]]:
    for pattern in (SEPARATORS, re.compile(r"\s*,\s*"), re.compile(r"\s+(?:of|from|at|de|von|bei|@)\s+")):
        if cut := pattern.search(text):
            yield text[: cut.start()].strip(), text[cut.end() :].strip()
    yield text, ""


def _with_rest(name: str, rest: str) -> Speaker | None:
    name = name.strip(" ,")
    if "," in name and not is_name(name):  # "Ana Ruiz, CTO (Box)"
        bare, _, job = name.partition(",")
        return Speaker(bare.strip(), rest.strip() or None, job.strip() or None) if is_name(bare.strip()) else None
    if not is_name(name):
        return None
    role, affiliation = role_and_affiliation(rest)
    return Speaker(name, affiliation, role)


def role_and_affiliation(text: str) -> tuple[str | None, str | None]:
    """Part "CTO at Box", "CTO, Box", "CTO | Box", "Box" into role and affiliation."""
    text = text.strip(" ,;")
    if not text:
        return None, None
    if cut := AT.search(text):
        role, affiliation = text[: cut.start()].strip(" ,"), text[cut.end() :].strip(" ,")
        if ROLE.search(role) or not ROLE.search(affiliation):
            return role or None, affiliation or None
    parts = [part.strip() for part in SEPARATORS.split(text) if part.strip()]
    if len(parts) == 1:
        parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) == 1:
        return (parts[0], None) if ROLE.search(parts[0]) else (None, parts[0])
    roles = [n for n, part in enumerate(parts) if ROLE.search(part)]
    if not roles:
        return ", ".join(parts[:-1]) if len(parts) > 2 else None, parts[-1] if len(parts) > 2 else ", ".join(parts)
    last = roles[-1]
    if last == len(parts) - 1:  # "Box, CTO"
        return ", ".join(parts[roles[0] :]), ", ".join(parts[: roles[0]]) or None
    return ", ".join(parts[: last + 1]), ", ".join(parts[last + 1 :])


def speakers(text: str) -> tuple[Speaker, ...]:
    """Read a list of people: parted by semicolons, lines, "and", or commas where each part is a bare name."""
    bare = LABEL.sub("", text).strip()
    for parts in (re.split(r"\s*[;\n]\s*", bare), re.split(r"\s*,\s*|\s+(?:and|y|und|et|&)\s+", bare)):
        whole = [" ".join(part.split()) for part in parts if part.strip()]
        found = [person for part in whole if (person := speaker(part))]
        listed = ";" in bare or "\n" in bare
        if len(whole) > 1 and (len(found) * 2 >= len(whole) if listed else all(map(is_name, whole))):
            return tuple(found)
    inside = _listed_with_parens(bare)
    if inside:
        return inside
    one = speaker(bare)
    return (one,) if one else ()


def _listed_with_parens(text: str) -> tuple[Speaker, ...]:
    """Read "Ana Ruiz (Box), Tom Hale (Orrin) and Li Na (Halden)"."""
    parts = re.findall(r"([^(),;]+?)\s*\(([^()]+)\)\s*(?:,|;|and\b|y\b|und\b|et\b|&|$)\s*", text)
    found = [_with_rest(re.sub(r"^(and|y|und|et|&)\s+", "", name.strip()), inside) for name, inside in parts]
    return tuple(person for person in found if person) if len(parts) > 1 and all(found) else ()
