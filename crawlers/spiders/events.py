"""schema.org Events on a page, in JSON-LD and microdata -> editions with sessions, speakers and rooms.

An event with parts (``subEvent``), one that others name as their ``superEvent``, or one that lasts for days is an
edition; the parts are sessions. A part that has parts itself (a day, a track) is none. Which of several events on a
page belong to the source's conference is told by its name.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from crawlers.spiders import parts
from pipeline.conferences import days, divided, people, words_key
from pipeline.conferences.calendar import people_once, place_of
from pipeline.conferences.identity import days_of, with_speakers
from pipeline.model import Edition, Session, Speaker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, tzinfo

    from lxml import etree

    Thing = dict[str, Any]

DEEPEST = 40
EVENTS = 2_000  # events read of one page
PARTS = ("subEvent", "subEvents", "hasPart")
ABOVE = ("superEvent", "isPartOf")
SPEAKERS = ("performer", "performers", "speaker", "speakers", "presenter", "contributor", "actor")
TIMED = ("startDate", "eventSchedule", "endDate", "doorTime")
DAY = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose page is read: conference and name of the source, the page's address, and the zone of bare times."""

    conference: str
    name: str
    address: str
    zone: tzinfo | None = None


@dataclass(slots=True)
class _Node:
    """One event with the events below it."""

    thing: Thing
    below: list[_Node]
    is_below: bool = False


# ------------------------------------------------------------------ what the page holds
def read(root: etree._Element, asked: Asked) -> tuple[Edition, ...]:
    """Return the editions that the page's structured data tells of, each with its sessions."""
    things = [*_json_things(root), *_microdata(root)]
    nodes = _tree(things)
    tops = [node for node in nodes if not node.is_below]
    zone = asked.zone or _zone(things) or UTC
    frames = _of_conference([n for n in tops if n.below or _is_edition(n.thing, zone)], asked)
    loose = [n for n in tops if n not in frames and not n.below and not _is_edition(n.thing, zone)]
    editions = [_edition(node, asked, zone) for node in frames]
    sessions = tuple(s for node in loose if (s := _session(node.thing, asked.address, zone)))
    return _with_loose(editions, sessions, asked)


def _json_things(root: etree._Element) -> list[Thing]:
    found: list[Thing] = []
    for script in root.xpath("//script[contains(@type, 'ld+json')]"):
        text = re.sub(r"^\s*(<!--|//<!\[CDATA\[)|(-->|//\]\]>)\s*$", "", script.text_content())
        try:
            found += _walk(json.loads(text, strict=False), 0)
        except (ValueError, RecursionError):
            continue
    return found


def _walk(data: object, depth: int) -> Iterator[Thing]:
    if depth > DEEPEST:
        return
    if isinstance(data, dict):
        yield data
        data = list(data.values())
    if isinstance(data, list):
        for value in data:
            yield from _walk(value, depth + 1)


def _microdata(root: etree._Element) -> list[Thing]:
    """Return the page's microdata items in the form of JSON-LD."""
    scopes = root.xpath("//*[@itemscope][contains(@itemtype, 'schema.org/')]")[:EVENTS]
    things = {scope: {"@type": scope.get("itemtype").split()[0].rpartition("/")[2]} for scope in scopes}
    for scope in scopes:
        if url := scope.get("itemid"):
            things[scope]["@id"] = url
    for element in root.xpath("//*[@itemprop]"):
        owner = next((a for a in element.iterancestors() if a in things), None)
        if owner is not None:
            value: object = things.get(element) or _property(element)
            for name in element.get("itemprop").split():
                things[owner].setdefault(name, []).append(value)
    for thing in things.values():  # in place: they hold each other
        thing.update({k: v[0] for k, v in thing.items() if isinstance(v, list) and len(v) == 1})
    return list(things.values())


def _property(element: etree._Element) -> str:
    for name in ("content", "datetime", "href", "src"):
        if element.get(name) and (name != "href" or element.tag in ("a", "link")):
            return str(element.get(name))
    return " ".join(element.text_content().split())


def _tree(things: list[Thing]) -> list[_Node]:
    """Return the events as nodes with what lies below each; the same event told twice is one."""
    by_id: dict[str, _Node] = {}
    nodes: list[_Node] = []
    known: dict[int, _Node] = {}
    for thing in things:
        if _is_event(thing) and len(nodes) < EVENTS:
            node = by_id.get(str(thing.get("@id"))) if thing.get("@id") else None
            if node is None:
                node = _Node(thing, [])
                nodes.append(node)
            else:
                node.thing = {**thing, **node.thing}
            known[id(thing)] = node
            if thing.get("@id"):
                by_id[str(thing["@id"])] = node
    _connect(nodes, known, by_id)
    return nodes


def _connect(nodes: list[_Node], known: dict[int, _Node], by_id: dict[str, _Node]) -> None:
    names = {words_key(str(n.thing.get("name"))): n for n in reversed(nodes) if n.thing.get("startDate")}

    def node_of(value: object) -> _Node | None:
        if isinstance(value, dict):
            same_name = names.get(words_key(str(value.get("name")))) if value.get("name") else None
            direct = known.get(id(value))
            return by_id.get(str(value.get("@id"))) or (
                direct if direct and direct.thing.get("startDate") else same_name or direct
            )
        return by_id.get(str(value)) if isinstance(value, str) else None

    for node in nodes:
        below = [node_of(v) for name in PARTS for v in _list(node.thing.get(name))]
        above = [node_of(v) for name in ABOVE for v in _list(node.thing.get(name))]
        for parent, child in [(node, b) for b in below] + [(a, node) for a in above]:
            if parent and child and parent is not child and not child.is_below and not _holds(child, parent, 0):
                parent.below.append(child)
                child.is_below = True


def _holds(node: _Node, other: _Node, depth: int) -> bool:
    return depth < DEEPEST and any(n is other or _holds(n, other, depth + 1) for n in node.below)


def _is_event(thing: Thing) -> bool:
    kinds = [str(kind) for kind in _list(thing.get("@type"))]
    named = isinstance(thing.get("name") or thing.get("headline"), str)
    return named and any(
        kind.rpartition("/")[2].endswith(("Event", "EventSeries", "Hackathon", "Festival")) for kind in kinds
    )


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


# ------------------------------------------------------------------ editions
def _is_edition(thing: Thing, zone: tzinfo) -> bool:
    start, end = _times(thing, zone)
    first, last = _days(thing, zone)
    if start and end:
        return end - start >= DAY
    return bool(first and not start) or bool(first and last and last > first)


def _of_conference(frames: list[_Node], asked: Asked) -> list[_Node]:
    """Of several events, keep those that bear a word of the conference's name; where none does, the first."""
    words = set(words_key(f"{asked.name} {asked.conference}").split()) - {
        "conference",
        "summit",
        "the",
        "agenda",
        "events",
    }
    named = [n for n in frames if words & set(words_key(_name(n.thing)).split())]
    return named or frames[:1]


def _edition(node: _Node, asked: Asked, zone: tzinfo) -> Edition:
    thing = node.thing
    city, country, place_zone = _place(thing)
    zone = place_zone or zone
    sessions = tuple(s for below in _leaves(node, 0) if (s := _session(below.thing, asked.address, zone)))
    told = days_of(sessions)
    start, end = _days(thing, zone)
    if start is None and told:
        start, end = told
    return Edition(
        conference=asked.conference,
        name=_name(thing),
        start=start,
        end=end or start,
        city=city,
        country=country,
        url=parts.address(thing.get("url") or thing.get("@id"), asked.address),
        online=_is_online(thing),
        sessions=sessions,
        speakers=_speakers(thing, asked.address),
    )


def _leaves(node: _Node, depth: int) -> Iterator[_Node]:
    for below in node.below:
        if below.below and depth < DEEPEST:
            yield from _leaves(below, depth + 1)
        else:
            yield below


def _with_loose(editions: list[Edition], sessions: tuple[Session, ...], asked: Asked) -> tuple[Edition, ...]:
    """Put events that stand alone into the edition in whose days they lie, else into one of their own."""
    for part in divided(sessions):
        span = days_of(part)
        at = next((n for n, e in enumerate(editions) if _around(e, span)), None)
        if at is not None:
            editions[at] = replace(editions[at], sessions=editions[at].sessions + part)
        else:
            name = f"{asked.name} {span[0].year}" if span else asked.name
            first, last = span or (None, None)
            editions.append(Edition(asked.conference, name, first, last, sessions=part))
    return tuple(with_speakers(edition) for edition in editions)


def _around(edition: Edition, span: tuple[date, date] | None) -> bool:
    if span is None or edition.start is None:
        return True
    margin = timedelta(days=3)
    return edition.start - margin <= span[0] and span[1] <= (edition.end or edition.start) + margin


# ------------------------------------------------------------------ one event
def _name(thing: Thing) -> str:
    return parts.plain(thing.get("name") or thing.get("headline"), parts.LONGEST_TITLE) or ""


def _session(thing: Thing, base: str, zone: tzinfo) -> Session | None:
    title = _name(thing)
    if not title or str(thing.get("eventStatus", "")).endswith("EventCancelled"):
        return None
    start, end = _times(thing, zone)
    return Session(
        title=title,
        start=start,
        end=end,
        room=_room(thing),
        abstract=parts.plain(thing.get("description") or thing.get("abstract"), parts.LONGEST_TEXT),
        url=parts.address(thing.get("url"), base),
        uid=str(thing["identifier"]) if isinstance(thing.get("identifier"), (str, int)) else None,
        speakers=_speakers(thing, base),
    )


def _times(thing: Thing, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    start, day = days.moment(thing.get("startDate"), zone)
    end, _ = days.moment(thing.get("endDate"), zone)
    schedule = next((s for s in _list(thing.get("eventSchedule")) if isinstance(s, dict)), None)
    if start is None and schedule:
        zone = days.named_zone(str(schedule.get("scheduleTimezone"))) or zone
        day = days.moment(schedule.get("startDate"), zone)[1] or day
        hours = [days.hours_in(str(schedule.get(name) or "")) for name in ("startTime", "endTime")]
        if day and hours[0]:
            return days.at(day, (hours[0][0], hours[1][0] if hours[1] else None), zone)
    if start and end is None and isinstance(thing.get("duration"), str):
        length = parts.duration(thing["duration"])
        end = start + length if length else None
    return start, end


def _days(thing: Thing, zone: tzinfo) -> tuple[date | None, date | None]:
    schedule = next((s for s in _list(thing.get("eventSchedule")) if isinstance(s, dict)), {})
    first = days.moment(thing.get("startDate") or schedule.get("startDate"), zone)[1]
    last = days.moment(thing.get("endDate") or schedule.get("endDate"), zone)[1]
    return first, last if first and last and last >= first else first


def _zone(things: list[Thing]) -> tzinfo | None:
    told = (t.get("scheduleTimezone") or t.get("timezone") or t.get("timeZone") for t in things)
    return next((zone for name in told if isinstance(name, str) and (zone := days.named_zone(name))), None)


# ------------------------------------------------------------------ places and people
def _places(thing: Thing) -> list[Any]:
    return [place for place in _list(thing.get("location")) if place]


def _is_online(thing: Thing) -> bool:
    modes = " ".join(str(mode) for mode in _list(thing.get("eventAttendanceMode")))
    virtual = any(isinstance(p, dict) and p.get("@type") == "VirtualLocation" for p in _places(thing))
    return virtual or "Online" in modes or "Mixed" in modes


def _room(thing: Thing) -> str | None:
    for place in _places(thing):
        if isinstance(place, str):
            return parts.plain(place, parts.LONGEST_TITLE)
        if isinstance(place, dict) and place.get("@type") != "VirtualLocation" and place.get("name"):
            return parts.plain(place["name"], parts.LONGEST_TITLE)
    return None


def _place(thing: Thing) -> tuple[str | None, str | None, tzinfo | None]:
    """Return city, country and the zone of the city."""
    for place in _places(thing):
        address = place.get("address") if isinstance(place, dict) else place
        if isinstance(address, dict):
            country = address.get("addressCountry")
            country = country.get("name") if isinstance(country, dict) else country
            city = parts.plain(address.get("addressLocality"), 200)
            return city, parts.plain(country, 200), days.city_zone(city)
        if isinstance(address, str):
            city, country = place_of(address)
            return city, country, days.city_zone(city)
        if isinstance(place, dict) and isinstance(place.get("name"), str) and "," in place["name"]:
            city, country = place_of(place["name"])
            return city, country, days.city_zone(city)
    return None, None, None


def _speakers(thing: Thing, base: str) -> tuple[Speaker, ...]:
    values = [value for name in SPEAKERS for value in _list(thing.get(name))]
    found: list[Speaker] = []
    for value in values:
        if isinstance(value, str):
            found += people.speakers(value)
        elif isinstance(value, dict) and (person := _person(value, base)):
            found.append(person)
    return people_once(found)


def _person(thing: Thing, base: str) -> Speaker | None:
    if "Organization" in str(thing.get("@type")) or "Group" in str(thing.get("@type")):
        return None
    given = " ".join(str(thing[k]) for k in ("givenName", "familyName") if isinstance(thing.get(k), str))
    name = parts.plain(thing.get("name"), 200) or given
    if not name:
        return None
    if re.search(r"[(,|@]", name) and (person := people.speaker(name)):
        name, told = person.name, person
    else:
        told = Speaker(name)
    affiliation = next((x for key in ("affiliation", "worksFor", "memberOf") if (x := _named(thing.get(key)))), None)
    role = _named(thing.get("jobTitle")) or _named(thing.get("hasOccupation"))
    url = parts.address(thing.get("url") or thing.get("@id"), base)
    return Speaker(name, affiliation or told.affiliation, role or told.role, url)


def _named(value: object) -> str | None:
    first = next(iter(_list(value)), None)
    return parts.plain(first.get("name") if isinstance(first, dict) else first, 200)
