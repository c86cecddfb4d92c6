"""One made-up conference as a truth, and the pages that tell of it: JSON-LD, iCalendar and plain HTML of five makes."""

from __future__ import annotations

import html
import json
import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from pipeline.model import Session, Speaker

FIRST = [
    "Ana",
    "Tom",
    "Lucía",
    "Henrik",
    "Mei",
    "Amara",
    "Jürgen",
    "Chloé",
    "Ravi",
    "Ingrid",
    "Yusuf",
    "Paola",
    "Dmitri",
    "Noor",
    "Élodie",
    "Kwame",
    "Sofía",
    "Aiko",
    "Pedro",
    "Zoë",
]
LAST = [
    "Ruiz",
    "Hale",
    "Ñandú",
    "Østergaard",
    "Lindqvist",
    "Okafor",
    "Müller",
    "d'Arcy",
    "Banerjee",
    "Vásquez",
    "Kowalski",
    "O’Neill",
    "Tanaka",
    "Marchetti",
    "Haddad",
]
WORKS = ["Box", "Orrin Labs", "Halden AI", "Banco del Sur", "Kestrel & Sons", "Universität Ulm", "El Faro", "Northwind Robotics", "Acme, Inc.", "Instituto Delta"]  # fmt: skip
ROLES = ["CTO", "Head of Platform", "Chief Product Officer", "Principal Engineer", "VP of Engineering", "Research Scientist", "Co-founder", "Directora de IA", "Professor"]  # fmt: skip
TOPICS = ["open weights", "price wars", "agent memory", "coffee and models", "small models", "evaluation", "data contracts", "edge inference", "procurement", "model routing"]  # fmt: skip
FORMS = [
    "Why {} changes the budget",
    "{}: a field report",
    "What nobody says about {}",
    "Lo que aprendimos con {}",
    "Living with {} in production",
]
ROOMS = ["Hall A", "Room 214", "Sala Norte", "Main Stage"]
ABSTRACT = "We ran this in earnest for two years, with four teams and a shrinking budget, and this is what remained of our plans at the end."


@dataclass(frozen=True)
class Truth:
    """A conference's edition as it should come out."""

    name: str
    start: date
    city: str
    country: str
    zone: str
    sessions: tuple[Session, ...]
    speakers: tuple[Speaker, ...]

    @property
    def end(self) -> date:
        return self.start + timedelta(days=2)

    def on(self, day: date) -> list[Session]:
        return [s for s in self.sessions if s.start and s.start.date() == day]

    @property
    def days(self) -> list[date]:
        return [self.start + timedelta(days=n) for n in range(3)]


def truth(year: int, name: str = "Boxworks", zone: str = "America/Los_Angeles", city: str = "San Francisco", country: str = "United States", seed: int = 1) -> Truth:  # fmt: skip
    """Three days, 40 sessions, 60 speakers with affiliation."""
    rng = random.Random(seed + year)
    names = rng.sample([f"{a} {b}" for a in FIRST for b in LAST], 60)
    people = [Speaker(n, rng.choice(WORKS), rng.choice(ROLES)) for n in names]
    titles = rng.sample([f.format(t).capitalize() for f in FORMS for t in TOPICS], 40)
    start = date(year, 9, 15)
    hours = [9, 10, 11, 13, 14, 15, 16]
    places = [(day, hour, room) for day in range(3) for hour in hours for room in ROOMS[:2]][:40]
    shared = [people[n : n + 2] if n < 40 else [people[n]] for n in range(0, 40, 2)] + [[p] for p in people[40:]]
    sessions = []
    for n, ((day, hour, room), title) in enumerate(zip(places, titles, strict=True)):
        begins = datetime(year, 9, 15, hour, tzinfo=ZoneInfo(zone)) + timedelta(days=day)
        abstract = ABSTRACT if n % 3 == 0 else None
        sessions.append(
            Session(title, begins, begins + timedelta(minutes=45), room, abstract, speakers=tuple(shared[n]))
        )
    return Truth(f"{name} {year}", start, city, country, zone, tuple(sessions), tuple(people))


# ------------------------------------------------------------------ forms
def json_ld(t: Truth, *, by_day: bool = False) -> str:
    def person(p: Speaker) -> dict[str, object]:
        return {"@type": "Person", "name": p.name, "jobTitle": p.role, "affiliation": {"@type": "Organization", "name": p.affiliation}}  # fmt: skip

    def event(s: Session) -> dict[str, object]:
        told = {"@type": "Event", "name": s.title, "startDate": s.start.isoformat(), "endDate": s.end.isoformat(),
                "location": {"@type": "Place", "name": s.room}, "performer": [person(p) for p in s.speakers]}  # fmt: skip
        return told | ({"description": s.abstract} if s.abstract else {})

    below: list[object] = [event(s) for s in t.sessions]
    if by_day:
        below = [{"@type": "Event", "name": f"Day {n}", "startDate": str(d), "subEvent": [event(s) for s in t.on(d)]} for n, d in enumerate(t.days, 1)]  # fmt: skip
    address = {"@type": "PostalAddress", "addressLocality": t.city, "addressCountry": t.country}
    whole = {"@context": "https://schema.org", "@graph": [{"@type": "WebSite", "name": "x"}, {
        "@type": "BusinessEvent", "name": t.name, "startDate": str(t.start), "endDate": str(t.end),
        "location": {"@type": "Place", "name": "Centre", "address": address}, "subEvent": below}]}  # fmt: skip
    return f"<html><head><title>{t.name}</title><script type='application/ld+json'>{json.dumps(whole)}</script></head><body><div id=app></div></body></html>"


def ics(t: Truth) -> str:
    def text(value: str) -> str:
        return value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")

    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN", f"X-WR-CALNAME:{t.name}", f"X-WR-TIMEZONE:{t.zone}",
             "BEGIN:VEVENT", "UID:whole", f"DTSTART;VALUE=DATE:{t.start:%Y%m%d}", f"DTEND;VALUE=DATE:{t.end + timedelta(days=1):%Y%m%d}",
             f"SUMMARY:{t.name}", f"LOCATION:{text(f'Centre, {t.city}, {t.country}')}", "END:VEVENT"]  # fmt: skip
    for n, s in enumerate(t.sessions):
        told = "; ".join(f"{p.name}, {p.role}, {p.affiliation}" for p in s.speakers)
        about = (f"{s.abstract}\n\n" if s.abstract else "") + f"Speakers: {told}"
        times = [f"DTSTART;TZID={t.zone}:{s.start:%Y%m%dT%H%M%S}", f"DTEND;TZID={t.zone}:{s.end:%Y%m%dT%H%M%S}"]
        if n % 3 == 1:
            times = [f"DTSTART:{s.start.astimezone(UTC):%Y%m%dT%H%M%SZ}", "DURATION:PT45M"]
        elif n % 3 == 2:
            times = [f"DTSTART:{s.start:%Y%m%dT%H%M%S}", f"DTEND:{s.end:%Y%m%dT%H%M%S}"]
        lines += ["BEGIN:VEVENT", f"UID:{n}@x", *times, f"SUMMARY:{text(s.title)}", f"LOCATION:{text(s.room)}",
                  f"DESCRIPTION:{text(about)}", "END:VEVENT"]  # fmt: skip
    return "".join(_folded(line) for line in [*lines, "END:VCALENDAR"])


def _folded(line: str) -> str:
    out, raw = [], line
    while len(raw) > 60:
        out.append(raw[:60])
        raw = " " + raw[60:]
    return "\r\n".join([*out, raw]) + "\r\n"


def _e(text: str) -> str:
    return html.escape(text)


def _page(t: Truth, body: str) -> str:
    return (f"<html><head><title>Agenda | {t.name}</title></head><body><nav><a href=/>Home</a></nav><main><h1>{t.name}</h1>"
            f"<p>September {t.start.day}–{t.end.day}, {t.start.year} | {t.city}, {t.country}</p>{body}</main><footer>© 2019</footer></body></html>")  # fmt: skip


def cards(t: Truth) -> str:
    out = []
    for day in t.days:
        out.append(f"<section><h2>{day:%A, %B} {day.day}, {day.year}</h2>")
        for s in t.on(day):
            people = "".join(f"<li><b>{_e(p.name)}</b>, {_e(p.role)} at {_e(p.affiliation)}</li>" for p in s.speakers)
            out.append(f"<article><div class=meta><span>{s.start:%-I:%M %p} – {s.end:%-I:%M %p}</span> <span>{s.room}</span></div>"
                       f"<h3><a href='/sessions/{t.sessions.index(s)}'>{_e(s.title)}</a></h3>{f'<p>{s.abstract}</p>' if s.abstract else ''}<ul>{people}</ul></article>")  # fmt: skip
        out.append("</section>")
    return _page(t, "".join(out))


def table(t: Truth) -> str:
    out = []
    for day in t.days:
        out.append(f"<h3>{day:%A} {day.day} {day:%B} {day.year}</h3><table><tr><th>Time</th><th>Session</th><th>Speakers</th><th>Room</th></tr>")  # fmt: skip
        for s in t.on(day):
            people = "<br>".join(_e(f"{p.name}, {p.role}, {p.affiliation}") for p in s.speakers)
            about = f"<p>{s.abstract}</p>" if s.abstract else ""
            out.append(f"<tr><td>{s.start:%H:%M}–{s.end:%H:%M}</td><td><strong>{_e(s.title)}</strong>{about}</td><td>{people}</td><td>{s.room}</td></tr>")  # fmt: skip
        out.append("</table>")
    return _page(t, "".join(out))


DIAS = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"]


def definitions(t: Truth) -> str:
    out = []
    for day in t.days:
        out.append(f"<h2>{DIAS[day.weekday()].capitalize()}, {day.day} de septiembre de {day.year}</h2><dl>")
        for s in t.on(day):
            people = "".join(f"<p>{_e(p.name)} | {_e(p.role)} | {_e(p.affiliation)}</p>" for p in s.speakers)
            out.append(f"<dt>{s.start:%H:%M} - {s.end:%H:%M} h</dt><dd><strong>{_e(s.title)}</strong><p>Sala: {s.room}</p>{people}{f'<p>{s.abstract}</p>' if s.abstract else ''}</dd>")  # fmt: skip
        out.append("</dl>")
    return _page(t, "".join(out)).replace(f"September {t.start.day}–{t.end.day}, {t.start.year}", f"{t.start.day} al {t.end.day} de septiembre de {t.start.year}")  # fmt: skip


def grid(t: Truth) -> str:
    """Rooms side by side, one row a time."""
    out = []
    rooms = ROOMS[:2]
    for day in t.days:
        out.append(f"<h2>{day:%a}, {day:%b} {day.day}</h2><table><thead><tr><th>Time</th>{''.join(f'<th>{r}</th>' for r in rooms)}</tr></thead>")  # fmt: skip
        for start in sorted({s.start for s in t.on(day)}):
            cells = []
            for room in rooms:
                s = next((s for s in t.on(day) if s.start == start and s.room == room), None)
                people = "".join(f"<div class=speaker><span class=name>{_e(p.name)}</span><span class=role>{_e(p.role)}</span><span class=company>{_e(p.affiliation)}</span></div>" for p in s.speakers) if s else ""  # fmt: skip
                cells.append(f"<td><div>{_e(s.title)}</div>{people}{f'<p>{s.abstract}</p>' if s.abstract else ''}</td>" if s else "<td></td>")  # fmt: skip
            out.append(
                f"<tr><th>{start:%-I:%M %p} - {start + timedelta(minutes=45):%-I:%M %p}</th>{''.join(cells)}</tr>"
            )
        out.append("</table>")
    return _page(t, "".join(out))


def times(t: Truth) -> str:
    """Cards with machine-readable times, titles before them, people in cards."""
    out = []
    for s in t.sessions:
        people = "".join(
            f"<div><h5>{_e(p.name)}</h5><p>{_e(p.role)}</p><p>{_e(p.affiliation)}</p></div>" for p in s.speakers
        )
        out.append(f"<li><h4>{_e(s.title)}</h4><p><time datetime='{s.start.isoformat()}'>{s.start:%H:%M}</time> – <time datetime='{s.end.isoformat()}'>{s.end:%H:%M}</time></p>"
                   f"<p>{s.room}</p>{f'<p>{s.abstract}</p>' if s.abstract else ''}{people}</li>")  # fmt: skip
    return _page(t, f"<ul>{''.join(out)}</ul>")


HTML_FORMS = {"cards": cards, "table": table, "definitions": definitions, "grid": grid, "times": times}


def without_people(t: Truth) -> Truth:
    return replace(t, sessions=tuple(replace(s, speakers=()) for s in t.sessions))
