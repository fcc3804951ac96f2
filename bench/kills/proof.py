"""After the kills: what the senders, the partners and the catcher saw, held against what the hub has."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from bench.kills.processes import Machine
from bench.kills.readers import Letter

Rows = Sequence[Any]

UNREST = """
select 'mail ' || id || ' is not understood' from raw_mail where handled_at is null
union all
select key || ' has been due since ' || due_at || ' ' || trouble from work
where done_at is null and (leased_until is not null or due_at < now() - interval '1 second')
union all
select 'effect ' || id || ' (' || kind || ') is ' || state || ' ' || trouble from effect
where state in ('sending', 'pending') or (state = 'planned' and due_at < now() - interval '1 second')
"""
SLOW = """
union all
select 'effect ' || id || ' (' || kind || ') waits ' || trouble from effect where state = 'planned'
union all
select key || ' is tried again ' || trouble from work
where done_at is null and trouble <> '' and kind not in ('poll', 'routine')
"""
MESSAGES = """
select r.content, m.id as message_id, m.case_id, c.owner_id, p.present
from raw_mail r left join message m on m.raw_id = r.id
left join "case" c on c.id = m.case_id left join person p on p.id = c.owner_id
"""
EFFECTS = """
select e.id, e.kind, e.state, e.key, e.payload, e.case_id, e.recipient, e.automatic, e.party,
    exists (select from entry x where x.case_id = e.case_id and x.kind = 'call'
        and (x.data->>'effect')::bigint = e.id) as called,
    q.key as request_key
from effect e left join request q on q.id = e.request_id
"""


@dataclass
class Finding:
    """`faults` are in words; empty is what must be."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def check(self, fine: bool, kind: str, fault: str) -> None:
        if not fine:
            self.counts[kind] += 1
            self.faults.append(f"{kind}: {fault}")


async def wait_quiet(machine: Machine, seconds: float) -> list[str]:
    """Until nothing is left to do now; what is, in words, when the time is out."""
    end = time.monotonic() + seconds
    unrest = ["nothing was read"]
    while unrest and time.monotonic() < end:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            unrest = [row[0] for row in await _fetch(machine, UNREST + SLOW)]
        await asyncio.sleep(0.25)
    return unrest


async def prove(machine: Machine, accepted: Iterable[Letter], unrest: list[str]) -> Finding:
    finding = Finding()
    for what in unrest:
        finding.check(False, "stuck", what)
    check_mail_in(finding, accepted, await _fetch(machine, MESSAGES))
    effects = await _fetch(machine, EFFECTS)
    catcher = await _ask(f"{machine.get_url('mail_catcher')}/messages")
    check_mail_out(finding, effects, catcher)
    check_remedies(finding, effects, await _ask(f"{machine.get_url('delivery')}/_sandbox/state"))
    check_requests(finding, effects, await _ask(f"{machine.get_url('publisher_desk')}/_sandbox/state"))
    check_unknown(finding, effects)
    return finding


def check_mail_in(finding: Finding, accepted: Iterable[Letter], rows: Rows) -> None:
    """Byte for byte there, one message, on one case, with one owner who is there; one matter is one case."""
    by_content: dict[bytes, list[Any]] = {}
    for row in rows:
        by_content.setdefault(row["content"], []).append(row)
    cases: dict[str, set[int]] = {}
    for letter in accepted:
        finding.counts["accepted"] += 1
        stored = by_content.get(letter.content, [])
        told = [row for row in stored if row["message_id"] is not None]
        finding.counts["delivered twice"] += len(stored) > 1
        finding.check(bool(stored), "lost", f"{letter.word} is not stored")
        finding.check(bool(told) or not stored, "lost", f"{letter.word} is no message")
        finding.check(len(told) < 2, "doubled", f"{letter.word} is {len(told)} messages")
        finding.check(all(row["owner_id"] and row["present"] for row in told), "lost", f"{letter.word} has no owner")
        cases.setdefault(letter.reader.email, set()).update(row["case_id"] for row in told)
    for email, theirs in cases.items():
        finding.check(len(theirs) < 2, "doubled", f"{email} has {len(theirs)} cases")
    finding.counts["cases"] = len(set().union(*cases.values()))


def check_mail_out(finding: Finding, effects: Rows, caught: Rows) -> None:
    """By Message-ID, by case and by (recipient, words): nothing twice; and what we hold for sent was taken."""
    finding.counts["mails out"] = len(caught)
    taken = Counter(mail["headers"]["message_id"] for mail in caught)
    words = Counter((tuple(mail["to"]), mail["text"]) for mail in caught)
    for (to, _), times in words.items():
        finding.check(times < 2, "doubled", f"the same words {times} times to {to[0]}")
    automatic: Counter[int] = Counter()
    for effect in effects:
        if effect["kind"] == "mail":
            times = taken.pop(effect["key"], 0)
            automatic[effect["case_id"]] += times
            finding.check(times < 2, "doubled", f"mail {effect['id']} was taken {times} times")
            finding.check(times or effect["state"] != "done", "lost", f"mail {effect['id']} is done, none was taken")
            finding.check(effect["state"] != "refused", "lost", f"mail {effect['id']} was refused")
    for case, times in automatic.items():
        finding.check(times < 2, "doubled", f"case id {case} sent {times} automatic mails")
    finding.check(not taken, "doubled", f"mails of no effect: {list(taken)}")


def check_remedies(finding: Finding, effects: Rows, library: dict[str, Any]) -> None:
    """One licence for each remedy that is done, none for any other; one remedy a case."""
    ordered = Counter((one["customer"], one["item"]) for one in library["licences"] if one["ordered"])
    finding.counts["licences"] = ordered.total()
    for place, times in ordered.items():
        finding.check(times < 2, "doubled", f"{times} licences for {place}")
    done = [e for e in effects if e["kind"] == "remedy" and e["state"] == "done"]
    finding.check(len(done) == ordered.total(), "lost", f"{len(done)} remedies are done, {ordered.total()} licences")
    for case, times in Counter(e["case_id"] for e in effects if e["kind"] == "remedy").items():
        finding.check(times < 2, "doubled", f"case id {case} had {times} remedies")


def check_requests(finding: Finding, effects: Rows, desk: dict[str, Any]) -> None:
    """One ticket for each request, none else of ours; each of our comments on it once, and all of them there."""
    tickets = list(desk["tickets"].values()) if isinstance(desk["tickets"], dict) else desk["tickets"]
    finding.counts["tickets"] = len(tickets)
    by_key = Counter(ticket["external_id"] for ticket in tickets)
    for key, times in by_key.items():
        finding.check(times < 2, "doubled", f"{times} tickets {key}")
    opened = {e["key"] for e in effects if e["kind"] == "open_request"}
    finding.check(set(by_key) <= opened, "doubled", f"tickets of no effect: {set(by_key) - opened}")
    done = {e["key"] for e in effects if e["kind"] == "open_request" and e["state"] == "done"}
    finding.check(done <= set(by_key), "lost", f"requests that are done without a ticket: {done - set(by_key)}")
    said = {ticket["external_id"]: [comment["body"] for comment in ticket["comments"]] for ticket in tickets}
    for key, bodies in said.items():
        finding.check(len(bodies) == len(set(bodies)), "doubled", f"ticket {key} has the same comment twice")
    for effect in effects:
        if effect["kind"] == "update_request" and effect["state"] == "done":
            text = json.loads(effect["payload"])["text"]
            finding.check(text in said.get(effect["request_key"], ()), "lost", f"comment {effect['id']} is not there")


def check_unknown(finding: Finding, effects: Rows) -> None:
    """Only a mail may be, and its owner was called to it."""
    for effect in effects:
        if effect["state"] == "unknown":
            finding.counts["unknown"] += 1
            finding.check(effect["kind"] == "mail", "unknown, not a mail", f"{effect['kind']} {effect['id']}")
            finding.check(effect["called"], "unseen", f"nobody is called to mail {effect['id']}")


async def _fetch(machine: Machine, query: str) -> Rows:
    connection = await asyncpg.connect(machine.plan.database_url.replace("+asyncpg", ""), timeout=5)
    try:
        return list(await connection.fetch(query))
    finally:
        connection.terminate()


async def _ask(url: str) -> Any:
    return await asyncio.to_thread(_get, url)


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return json.load(answer)
