"""The promises of MISSION.md that a story must keep, each a check of what was seen. Pure: evidence in, findings out."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_string, policy
from email.utils import parseaddr

from cli.stories.seen import Episode, Page, Seen
from connectors.sandbox.driver import Json, Visit
from hub.facts import read_asks
from hub.texts import to_moment, to_month

ROBOT = "Megan"
PLATFORMS = ("Zinio", "iPad")  # the robot's "platform" is the app to some, the device to others
ASKED_AT_ONCE = ("app_store", "delivery")
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
URL = re.compile(r"https?://\S+")
SENDS_AWAY = re.compile(
    r"\b(ota(?:han|kaa)? (?:itse )?yhteyttä|kysy(?:thän|kää)? |käänny |kontakta |vänd dig |"
    r"fråga (?:utgivaren|appbutiken|kundtjänst|apple)|contact (?:the|your|apple)|ask (?:the|your|apple)|"
    r"get in touch with)",
    re.IGNORECASE,
)
INTERNALS = re.compile(
    r"publisher_desk|app_store|no_licence|luotsi-\d+-|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}|@luotsi\.example",
    re.IGNORECASE,
)


@dataclass
class Finding:
    """`evidence` is what was looked at, `faults` what was wrong; kept when there are none and something was seen."""

    promise: int
    title: str
    evidence: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        return bool(self.evidence) and not self.faults

    def see(self, holds: object, what: str, otherwise: str = "") -> None:
        if holds:
            self.evidence.append(what)
        else:
            self.faults.append(otherwise or f"not so: {what}")


def check_one_address(seen: Seen, finding: Finding) -> None:
    finding.see(seen.mails, f"{len(seen.mails)} mails reached the reader")
    for name, what in (("From", "came from"), ("Reply-To", "are answered to")):
        others = [m["id"] for m in seen.mails if _without_token(_read_address(m, name)) != seen.support_address]
        finding.see(not others, f"all of them {what} {seen.support_address}", f"mails {others} have another {name}")
    ways = [_tell_ways(mail, seen) for mail in seen.mails if _list_ways_out(mail["text"], seen)]
    finding.see(not ways, "none of them sends the reader to anybody else", "; ".join(ways))
    wrote = [m for episode in seen.episodes for m in _list_said(episode.last, "customer", "inbound")]
    finding.see(
        len(wrote) == 2, "the reader wrote twice in all, to the one address", f"the reader wrote {len(wrote)} times"
    )


def check_never_repeat(seen: Seen, finding: Finding) -> None:
    known = {f["key"] for f in seen.september.last["facts"]}
    asked = {key for mail in seen.mails for key in read_asks(mail["text"], seen.catalogue)} & known
    finding.see(not asked, f"no mail of {len(seen.mails)} asks for what is known", f"the reader was asked for {asked}")
    for answer in seen.september.refusals:
        given = (answer.body or {}).get("known", {})
        held = answer.status == 409 and seen.plot.person.email in given.get("account_email", [])
        finding.see(
            held, f"the owner's question was refused (409) with {given}", f"a known thing was asked: {answer.status}"
        )
    finding.see(seen.september.refusals, "asking for what is known was tried")
    finding.see(
        len(seen.tickets) == 2, "the desk was asked once an episode", f"{len(seen.tickets)} tickets at the desk"
    )
    for ticket in seen.tickets:
        _check_robot(ticket, seen, finding)


def _check_robot(ticket: Json, seen: Seen, finding: Finding) -> None:
    name, comments = f"ticket {ticket['id']}", ticket["comments"]
    asked = next((i for i, c in enumerate(comments) if c["author"] == ROBOT), None)
    answers = [c["body"] for c in comments[asked + 1 :] if c["author"] == "Luotsi"] if asked is not None else []
    told = any(seen.plot.person.email in body and any(p in body for p in PLATFORMS) for body in answers)
    finding.see(asked is not None and told, f"{name}: the robot's question was answered by the hub, from facts")


def check_history(seen: Seen, finding: Finding) -> None:
    before, now = seen.september.last, seen.november.last
    first = seen.november.first
    finding.see(first["owner"] == before["owner"], f"{first['owner']['name']} owns it again, from the first moment")
    earlier = [e["number"] for e in first["earlier_cases"]]
    finding.see(before["number"] in earlier, f"case {before['number']} lies beside case {now['number']}")
    tried = [e["remedy"] for e in before["effects"] if e["remedy"]]
    again = [e["remedy"] for e in now["effects"] if e["remedy"] in tried and e["automatic"]]
    finding.see(
        not again, f"the automation did not try {', '.join(tried)} once more", f"tried again by itself: {again}"
    )
    calls = [e["text"] for e in first["entries"] if e["kind"] == "call"]
    finding.see("recurred" in calls, "a person was called to it at once, because it came back")
    mail = _find_automatic(seen, now)
    month = to_month(seen.september.at, before["language"])
    says = mail is not None and month in mail["text"] and str(before["number"]) in mail["text"]
    finding.see(says, f"the first message says that we know: {month}, case {before['number']}")
    again_said = [t for t in seen.tickets if month in t["comments"][0]["body"]]
    finding.see(again_said, f"the desk was told that it happened in {month}")


def check_no_two_robots(seen: Seen, finding: Finding) -> None:
    for case in (e.last for e in seen.episodes):
        mails = [m for m in _list_mails(seen, case) if m["headers"]["auto_submitted"] not in (None, "no")]
        name = f"case {case['number']}"
        finding.see(
            len(mails) == 1, f"{name}: one automatic mail, labelled so", f"{name}: {len(mails)} automatic mails"
        )
        named = [m for m in mails if case["owner"]["name"] in m["text"]]
        finding.see(len(named) == len(mails), f"{name}: it names {case['owner']['name']}")
        automatic = [m for m in case["messages"] if m["party"] == "customer" and m["kind"] == "automatic"]
        finding.see(len(automatic) == len(mails), f"{name}: nothing automatic went out under a person's name")
    _check_said_once("the reader", [m["text"] for m in seen.mails], finding)
    for ticket in seen.tickets:
        ours = [c["body"] for c in ticket["comments"] if c["author"] == "Luotsi"]
        _check_said_once(f"ticket {ticket['id']}", ours, finding)


def _check_said_once(who: str, texts: list[str], finding: Finding) -> None:
    said = [" ".join(text.split()) for text in texts]
    finding.see(len(set(said)) == len(said), f"no text of {len(said)} went twice to {who}")


def check_cause(seen: Seen, finding: Finding) -> None:
    problem = seen.problem or {}
    numbers = {c["number"] for c in problem.get("cases", [])}
    both = {e.last["number"] for e in seen.episodes}
    finding.see(
        numbers == both, f"one problem has both cases {sorted(both)}", f"the problem has cases {sorted(numbers)}"
    )
    owner = problem.get("owner", {}).get("email")
    finding.see(owner in seen.staff, f"{seen.staff.get(owner)} owns the problem")
    for heard in seen.november.heard:
        way = "by webhook" if heard.pushed else "by looking"
        finding.see(heard.reached, f"the desk's word came to the case {way}: {heard.text[:60]}")
    ways = {bool(heard.pushed) for heard in seen.november.heard}
    finding.see(ways == {True, False}, "both ways were used: pushed and looked for")
    cause = problem.get("cause") or "(no cause)"
    told = [m for m in seen.mails if cause in " ".join(m["text"].split())]
    finding.see(told, "the reader was told of the cause, in a person's mail")
    for case in (e.last for e in seen.episodes):
        on_case = case["problem"] and case["problem"]["cause"] == cause
        finding.see(on_case, f"case {case['number']} has the cause")
    unproven = problem.get("closed_at") is None or problem.get("proof")
    finding.see(unproven, "the problem is not closed without a proof")


def check_asked_at_once(seen: Seen, finding: Finding) -> None:
    for episode in seen.episodes:
        number, first = episode.last["number"], _first_visits(episode)
        finding.see(set(first) == set(ASKED_AT_ONCE), f"case {number}: asked {', '.join(sorted(first))}")
        if not first:
            continue
        last_began = max(v.began_at for v in first.values())
        together = last_began < min(v.ended_at for v in first.values())
        spread = (last_began - min(v.began_at for v in first.values())).total_seconds() * 1000
        finding.see(together, f"case {number}: all were asked before any had answered, within {spread:.0f} ms")
        mail = _find_automatic(seen, episode.last)
        before = mail is not None and last_began < datetime.fromisoformat(mail["received_at"])
        finding.see(before, f"case {number}: and that before the first mail went out")


def _first_visits(episode: Episode) -> dict[str, Visit]:
    first: dict[str, Visit] = {}
    for visit in sorted(episode.visits, key=lambda v: v.began_at):
        if visit.partner in ASKED_AT_ONCE:
            first.setdefault(visit.partner, visit)
    return first


def check_power_to_act(seen: Seen, finding: Finding) -> None:
    for episode, automatic in zip(seen.episodes, (True, False), strict=True):
        case = episode.last
        done = [e for e in case["effects"] if e["remedy"] and e["state"] == "done" and e["automatic"] is automatic]
        by = "the automation" if automatic else case["owner"]["name"]
        finding.see(
            done, f"case {case['number']}: {by} ordered {', '.join(e['remedy'] for e in done)}, and it was done"
        )
        held = [licence for licence in seen.licences if _is_fresh(licence, episode, seen)]
        finding.see(held, f"the delivery partner holds a fresh, opened licence for {episode.item}")


def _is_fresh(licence: Json, episode: Episode, seen: Seen) -> bool:
    whose = (licence["customer"], licence["item"]) == (seen.plot.person.email, episode.item)
    issued_at = datetime.fromisoformat(licence["issued_at"])
    return whose and licence["status"] == "active" and issued_at > episode.at


def check_no_black_hole(seen: Seen, finding: Finding) -> None:
    for episode in seen.episodes:
        finding.see(episode.pages, f"the status page of case {episode.last['number']} was looked at")
        for page in episode.pages:
            _check_page(page, seen, finding)


def _check_page(page: Page, seen: Seen, finding: Finding) -> None:
    number, text = page.case["number"], page.answer.text
    finding.see(page.answer.status == 200, f"case {number}: 200, with no login", f"case {number}: {page.answer.status}")
    finding.see(page.case["owner"]["name"] in text, f"case {number}: the page names {page.case['owner']['name']}")
    due = [p for p in page.case["promises"] if p["outcome"] is None]
    shown = [p for p in due if p["text"] in text and _shows_time(text, p["due_at"], page.case["language"], seen.zone)]
    finding.see(shown, f"case {number}: it says what happens next, and by when")
    inside = sorted({found.group() for found in INTERNALS.finditer(text)})
    finding.see(not inside, f"case {number}: nothing of what is inside partners", f"case {number}: it shows {inside}")


def _shows_time(text: str, due_at: str, language: str, zone: str) -> bool:
    due = datetime.fromisoformat(due_at)
    marked = [datetime.fromisoformat(at) for at in re.findall(r'datetime="([^"]+)"', text)]
    return due in marked or to_moment(due, language, zone) in text


def check_promises(seen: Seen, finding: Finding) -> None:
    for case in (e.last for e in seen.episodes):
        finding.see(case["promises"], f"case {case['number']}: something was promised")
        for promise in case["promises"]:
            name, due = f"case {case['number']}: “{promise['text']}”", datetime.fromisoformat(promise["due_at"])
            timed = due > datetime.fromisoformat(promise["made_at"]) and promise["keeper"] in seen.staff.values()
            when = to_moment(due, "en", seen.zone)
            finding.see(timed, f"{name} has a time ({when}) and a keeper ({promise['keeper']})")
            in_time = promise["settled_at"] and datetime.fromisoformat(promise["settled_at"]) <= due
            finding.see(
                promise["outcome"] == "kept" and in_time, f"{name} was kept in time", f"{name}: {promise['outcome']}"
            )
        told = [p for p in case["promises"] if _is_told(p, case, seen)]
        finding.see(told, f"case {case['number']}: the reader was told of it with its time, in the first mail")


def _is_told(promise: Json, case: Json, seen: Seen) -> bool:
    mail = _find_automatic(seen, case)
    when = to_moment(datetime.fromisoformat(promise["due_at"]), case["language"], seen.zone)
    return mail is not None and promise["text"] in mail["text"] and when in mail["text"]


def _read_address(mail: Json, name: str) -> str:
    headers = message_from_string(mail["raw"], policy=policy.default)
    return parseaddr(str(headers[name] or ""))[1].lower()


def _without_token(address: str) -> str:
    return re.sub(r"\+[^@]*", "", address)


def _list_ways_out(text: str, seen: Seen) -> list[str]:
    """Addresses and pages of others, and words that send the reader off."""
    ours = (seen.plot.person.email, seen.support_address)
    addresses = [a for a in ADDRESS.findall(text) if _without_token(a.lower()) not in ours]
    pages = [url for url in URL.findall(text) if not url.startswith(seen.public_url)]
    return [*addresses, *pages, *(found.group() for found in SENDS_AWAY.finditer(text))]


def _tell_ways(mail: Json, seen: Seen) -> str:
    return f"mail {mail['id']} sends the reader elsewhere: {', '.join(_list_ways_out(mail['text'], seen))}"


def _list_said(case: Json, party: str, direction: str) -> list[Json]:
    return [m for m in case["messages"] if (m["party"], m["direction"]) == (party, direction)]


def _list_mails(seen: Seen, case: Json) -> list[Json]:
    """What the reader got of this case: each case has a reply address of its own."""
    threads: dict[str, list[Json]] = defaultdict(list)
    for mail in seen.mails:
        threads[_read_address(mail, "Reply-To")].append(mail)
    sent = {" ".join(m["text"].split()) for m in _list_said(case, "customer", "outbound")}
    of_case = [t for t in threads.values() if any(" ".join(m["text"].split()) in sent for m in t)]
    return [mail for thread in of_case for mail in thread]


def _find_automatic(seen: Seen, case: Json) -> Json | None:
    mails = _list_mails(seen, case)
    return next((m for m in mails if m["headers"]["auto_submitted"] not in (None, "no")), None)


Check = Callable[[Seen, Finding], None]
CHECKS: dict[int, tuple[str, Check]] = {
    1: ("one address, the whole chain", check_one_address),
    2: ("the reader never repeats what is known", check_never_repeat),
    3: ("the history counts", check_history),
    4: ("no two robots", check_no_two_robots),
    5: ("the cause is looked for, and told", check_cause),
    8: ("no waiting while systems are asked", check_asked_at_once),
    13: ("the owner has the power to act", check_power_to_act),
    14: ("the case is no black hole", check_no_black_hole),
    22: ("what was promised was kept", check_promises),
}


def check_story(seen: Seen) -> list[Finding]:
    return list(_check_all(seen))


def _check_all(seen: Seen) -> Iterator[Finding]:
    for promise, (title, check) in CHECKS.items():
        finding = Finding(promise, title)
        check(seen, finding)
        yield finding
