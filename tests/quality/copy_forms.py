"""Texts that look like copies and are none: one form filled in twice. All words are our own.

Each form is a pair of texts by the same sender about different things: the next quarter, another match, another post.
Sentences between slots stay, some come and go, as such texts do.
"""

from __future__ import annotations

import random
from string import Formatter

TOWNS = [
    "Harwick",
    "Ostrava",
    "Lindau",
    "Pellworth",
    "Maribor",
    "Cannes",
    "Zamora",
    "Teulada",
    "Varberg",
    "Kilrush",
    "Sopot",
    "Tarnow",
    "Elbasan",
    "Narvik",
]
PEOPLE = [
    "Ines Calder",
    "Tom Varga",
    "Ruth Amadi",
    "Jonas Lind",
    "Petra Novak",
    "Ali Rezai",
    "Maya Okoro",
    "Luc Perrin",
    "Eva Strand",
]
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
TRADES = [
    "data engineer",
    "night nurse",
    "payroll clerk",
    "site foreman",
    "patent lawyer",
    "product designer",
    "bus mechanic",
]
DUTIES = (
    "keep our records in order and answer the questions of colleagues in three countries",
    "look after equipment worth several millions and plan its upkeep with the suppliers",
    "work with customers from the first call until the final invoice has been paid",
    "lead a small group that builds the tools which all our branches rely on every day",
    "write reports for the board and present them twice a year in person",
    "train newcomers and see that the rules for safety at work are kept on every shift",
)
SKIES = (
    "a band of rain crosses from the west before noon and clears slowly towards the coast",
    "high pressure keeps the sky clear and the wind light until the evening",
    "showers form over the hills after lunch and some of them bring thunder",
    "low cloud hangs over the valleys and lifts only where the sun gets through",
    "snow falls above the tree line while the lowlands stay dry and cold",
)

FORMS = {
    "results": (
        "{firm} today published its figures for the {quarter} quarter of {year}.",
        "Revenue came to {n1} million euros, {d1} percent {more} than in the same quarter of the year before.",
        "The operating margin was {p1} percent after {p2} percent.",
        "Net income per share was {c1} cents against {c2} cents a year ago.",
        "Orders on hand at the end of the period stood at {n2} million euros.",
        "The board confirms its outlook for the full year: it expects revenue between {n3} and {n4} million euros.",
        "“We have again shown that our business stands on several legs and that we keep our costs in hand”, said the chief executive.",
        "The company employed {n5} people on the last day of the quarter.",
        "Cash flow from operating business amounted to {n6} million euros, while investments took {n7} million.",
        "The full report is on the pages for investors, where a recording of the call with analysts can be heard for a year.",
        "This release contains statements about the future. They rest on what the management knows and expects today and are subject to risks that it can neither control nor foresee. Actual results may differ from them, and the company takes on no duty to bring them up to date.",
    ),
    "weather": (
        "The outlook for {town} and its surroundings on {weekday}: {sky}.",
        "Temperatures reach {t1} degrees in the afternoon and fall to {t2} degrees at night.",
        "The wind blows with {w1} kilometres an hour from the {side}, in gusts with up to {w2}.",
        "The chance of rain is {p1} percent in the morning and {p2} percent in the evening.",
        "The sun rises at {h1} and sets at {h2}.",
        "Drivers are asked to allow for more time on bridges and on roads through the woods.",
        "On the following day {sky2}, with {t3} degrees at most.",
        "The next outlook is published at six in the evening; warnings are sent by text message to all who have signed up for them.",
    ),
    "job": (
        "{firm} is looking for a {trade} in {town}, full time, to start on the first of {month}.",
        "In this post you will {duty}.",
        "You will also {duty2}.",
        "We expect a finished training or a degree, {years} years in a similar post and good knowledge of English.",
        "We offer {days} days of leave, a contract without a term, a pension paid by the company and a ticket for the train.",
        "{firm} values people of every origin, age and faith and invites persons with a disability to apply.",
        "Your contact is {person}, who will gladly answer questions before you apply.",
        "Please send your letter, your papers and the earliest date on which you could start through the form on our page by the {day} of {month2}.",
    ),
    "match": (
        "{team} beat {rival} {g1} to {g2} on the {round} day of the season.",
        "{person} put the hosts ahead in minute {m1}, and {person2} made it two shortly before the break in minute {m2}.",
        "{rival} pulled one back in minute {m3} but came no closer than the post after that.",
        "{crowd} people watched the match in the sold-out ground.",
        "“It was the hard work of the whole team that made the difference”, the coach said after the final whistle.",
        "{team} now has {p1} points and stands in place {place} of the table, while {rival} stays at {p2}.",
        "Tickets for the next home match are sold from Monday at ten on the club’s pages and at the counter by the main stand.",
        "The club thanks its members, its partners and all helpers for their support on and beside the pitch.",
    ),
    "outage": (
        "On {weekday}, {day} {month}, the supply of {what} in {town} was interrupted from {h1} until {h2}.",
        "The fault was found at the {site} site: {cause}.",
        "{count} households and {count2} firms were affected.",
        "Our teams were on the way within {minutes} minutes and switched to a reserve line step by step.",
        "We are sorry for the trouble that this has caused and thank all customers for their patience.",
        "Whoever suffered damage can report it on our pages until the end of the month; the form asks for the number of the contract, the time and a photo.",
        "Please note that devices with a clock may have to be set again and that freezers should stay shut for as long as possible.",
        "Current notices are published on our pages day and night and on the usual channels.",
    ),
    "conference": (
        "Registration for {event} {year} is open: from {day} to {day2} {month} the meeting of the trade takes place in {town}.",
        "More than {n1} speakers in {n2} sessions are expected, {person} and {person2} of {firm} among them.",
        "{theme}",
        "Early tickets cost {n3} euros until the end of {month2}; after that the price is {n4} euros.",
        "Students and members of partner societies pay half, and groups of five or more get a ticket for free.",
        "The organisers again invite proposals for talks, workshops and posters; a jury of twelve reads all of them without names.",
        "In the halls {n5} exhibitors show what they have on offer, and an evening for all closes the second day.",
        "Journalists may ask for accreditation with a press card. Pictures for reports about the event are free to use when the source is named.",
    ),
    "rates": (
        "The central bank of {land} has left its key rate at {p1} percent at its meeting in {month}.",
        "Prices rose by {p2} percent within a year, after {p3} percent in the month before.",
        "The governors stated that they will watch the data and decide from meeting to meeting, without binding themselves to a path.",
        "{sky3}",
        "The bank expects the economy to grow by {p4} percent this year and by {p5} percent in the next.",
        "The currency stood at {n1} to the dollar after the decision, and shares in the main index changed by {p6} percent.",
        "The minutes of the meeting are published after three weeks, as is the custom; the next decision is due in {month2}.",
    ),
}  # fmt: skip
THEMES = (
    "The programme is about trade under new rules, and a whole day belongs to supply chains.",
    "This time all turns around energy: how it is stored, moved and paid for.",
    "At the centre stands the question of how small firms find and keep staff.",
)
MOODS = (
    "Two members had voted for a cut, as housing has cooled faster than the bank had foreseen in spring.",
    "The decision was unanimous; wages, it says, still grow at a pace that does not fit the target.",
    "One member wanted a rise, pointing to the price of food and to a weak currency.",
)


def _slots(rng: random.Random, sender: random.Random) -> dict[str, object]:
    """One filling: what the sender keeps comes from ``sender``, the rest is drawn anew."""
    draw = {
        "firm": sender.choice(("Brackwell Group", "Nordlicht AG", "Talavera Foods", "Osmund Rail", "Kestrel Health")),
        "team": sender.choice(("Harwick Rovers", "SV Lindau", "Real Zamora")),
        "event": sender.choice(("TradeWays", "Gridcon", "PortForum")),
        "land": sender.choice(("Norland", "Estavia", "Marenia")),
        "what": sender.choice(("power", "drinking water", "district heating")),
        "rival": rng.choice(("Pellworth United", "Kilrush Town", "Sopot 04", "FC Teulada")),
        "quarter": rng.choice(("first", "second", "third", "fourth")),
        "more": rng.choice(("more", "less")),
        "side": rng.choice(("north", "west", "south-east", "east")),
        "weekday": rng.choice(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")),
        "site": rng.choice(("mill", "harbour", "hospital", "ring road")),
        "cause": rng.choice(
            ("a digger had cut a cable", "a valve gave way under pressure", "lightning had struck a mast")
        ),
        "town": rng.choice(TOWNS),
        "trade": rng.choice(TRADES),
        "theme": rng.choice(THEMES),
        "sky3": rng.choice(MOODS),
        "year": rng.randint(2019, 2026),
        "round": rng.choice(("third", "ninth", "twelfth", "twentieth")),
    }
    draw |= dict(zip(("duty", "duty2"), rng.sample(DUTIES, 2), strict=True))
    draw |= dict(zip(("sky", "sky2"), rng.sample(SKIES, 2), strict=True))
    draw |= dict(zip(("person", "person2"), rng.sample(PEOPLE, 2), strict=True))
    draw |= dict(zip(("month", "month2"), rng.sample(MONTHS, 2), strict=True))
    return draw


def _number(key: str, rng: random.Random) -> str:
    if key[0] == "h":
        return f"{rng.randint(4, 22)}:{rng.randint(10, 59)}"
    if key[0] in "pd" and key[1:].isdigit():
        return f"{rng.randint(1, 40)}.{rng.randint(0, 9)}"
    if key[0] == "g":
        return str(rng.randint(1, 5))
    if key[0] in "tmw" or key in ("years", "place", "minutes"):
        return str(rng.randint(3, 45))
    if key in ("days", "day", "day2"):
        return str(rng.randint(10, 30))
    return str(rng.randint(101, 9899))


def filled(form: str, rng: random.Random, sender: random.Random) -> str:
    """One text of a form; a sentence in ten is left out."""
    known = _slots(rng, sender)
    lines = []
    for n, line in enumerate(FORMS[form]):
        if n and rng.random() < 0.1:
            continue
        keys = [key for _, key, _, _ in Formatter().parse(line) if key]
        lines.append(line.format(**{key: known[key] if key in known else _number(key, rng) for key in keys}))
    return "\n".join(lines)


def pair(form: str, seed: int) -> tuple[str, str]:
    """Two texts of one sender that are no copies of each other."""
    one, other = random.Random(f"{form} {seed} one"), random.Random(f"{form} {seed} other")
    return filled(form, one, random.Random(seed)), filled(form, other, random.Random(seed))
