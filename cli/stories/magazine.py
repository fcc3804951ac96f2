"""The magazine story: an issue does not come, twice. Each step is what one party does and what it then sees."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from zoneinfo import ZoneInfo

from cli.stories.plot import NOVEMBER, SEPTEMBER, Plot
from cli.stories.seen import Episode, Heard, Page, Seen
from cli.stories.stage import Stage
from cli.stories.telling import Telling
from cli.stories.words import say
from connectors.sandbox.driver import Driver, Json

DESK_PERSON = "Sanna Salo"
ASKED = ("app_store", "delivery")
SLOW_SECONDS = 0.4


@dataclass
class Play:
    stage: Stage
    plot: Plot
    seen: Seen
    telling: Telling
    episode: Episode

    @property
    def reader(self) -> str:
        return self.plot.person.name

    def tell(self, who: str, text: str, quote: str = "") -> None:
        self.telling.tell(self.stage.clock.now(), who, text, quote)

    async def pass_time(self, **amount: float) -> None:
        await self.stage.wait_until(self.stage.clock.now() + timedelta(**amount))

    async def list_mails(self) -> list[Json]:
        mails: list[Json] = await self.stage.catcher.get("/messages")
        return mails

    async def get_case(self) -> Json:
        """The case of this episode, as its owner reads it."""
        anyone = next(iter(self.stage.staff.values()))
        number = self.episode.first["number"] if self.episode.first else await self._find_number(anyone)
        return await anyone.get(f"/api/v1/cases/{number}")

    async def _find_number(self, staff: Driver) -> int:
        found = await staff.get(f"/api/v1/cases?customer={self.plot.person.email}&status=open")
        return int(found["cases"][0]["number"])

    async def find_owner(self) -> tuple[str, Driver]:
        """Name, and the way in with the owner's own token."""
        owner = (await self.get_case())["owner"]
        return owner["name"], self.stage.staff[owner["email"]]

    async def get_ticket(self) -> Json:
        """The desk's own record of the newest ticket."""
        state = await self.stage.partners["publisher_desk"].get("/_sandbox/state")
        return list(state["tickets"].values())[-1]

    async def look_at_page(self) -> Page:
        case = await self.get_case()
        link = re.search(r"https?://\S+/s/\S+", (await self.list_mails())[-1]["text"])
        assert link is not None, "the last mail has no link to the status page"
        answer = await self.stage.page.call("GET", link.group().removeprefix(self.stage.page.url))
        page = Page(answer, case)
        self.episode.pages.append(page)
        return page


Step = Callable[[Play], Awaitable[None]]


def later(**amount: float) -> Step:
    async def pass_time(play: Play) -> None:
        await play.pass_time(**amount)

    return pass_time


async def break_the_delivery(play: Play) -> None:
    """At the delivery partner the issue goes wrong for this one reader."""
    fault = {
        "link": "delivered",
        "customer": play.plot.person.email,
        "item": play.episode.item,
        "kind": play.plot.fault,
    }
    await play.stage.partners["delivery"].post("/_sandbox/faults", fault)
    play.tell("delivery", f"(the issue {play.episode.item} goes wrong for {play.reader}: {play.plot.fault})")


async def complain(play: Play) -> None:
    await _write(play, to_mail(play, say(play.plot, "subject"), say(play.plot, "complaint", play.episode.at)))


async def complain_again(play: Play) -> None:
    text = say(play.plot, "complaint_again", play.episode.at)
    mail = to_mail(play, say(play.plot, "subject_again"), text)
    if play.plot.answers_old_mail:
        old = (await play.list_mails())[-1]["headers"]
        mail["In-Reply-To"] = old["message_id"]
        mail.replace_header("To", old["reply_to"])
    await _write(play, mail)


def to_mail(play: Play, subject: str, text: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"{play.reader} <{play.plot.person.email}>"
    mail["To"] = play.seen.support_address
    mail["Subject"] = subject
    mail["Date"] = format_datetime(play.stage.clock.now())
    mail["Message-ID"] = f"<{play.episode.item.replace('/', '.')}@reader.example>"
    mail.set_content(text)
    return mail


async def _write(play: Play, mail: EmailMessage) -> None:
    """The partners of the chain are a little slow this once, so that it is seen whether they are asked at once."""
    for partner in ASKED:
        slow = {"kind": "latency", "seconds": SLOW_SECONDS, "times": 1}
        await play.stage.partners[partner].post("/_sandbox/faults", slow)
    play.tell(play.reader, f"writes to {mail['To']}: {mail['Subject']}", mail.get_content())
    began_at = play.stage.clock.now()
    await play.stage.write(mail)
    play.episode.visits = play.stage.list_visits(began_at)
    play.episode.first = await play.get_case()


async def owner_sees_the_case(play: Play) -> None:
    case = play.episode.first
    first = next(d for d in case["decisions"] if d["rule"] == "first_message")
    verdict = first["inputs"]["verdict"]
    seconds = (datetime.fromisoformat(first["at"]) - datetime.fromisoformat(case["opened_at"])).total_seconds()
    play.tell(
        case["owner"]["name"],
        f"owns case {case['number']} from its first moment. All partners were asked at once; {seconds:.1f} s later: "
        f"{verdict['partner']} / {verdict['link']} / {verdict['reason']} ({verdict['sure']})",
        next(entry["text"] for entry in case["entries"] if entry["kind"] == "verdict"),
    )
    for earlier in case["earlier_cases"]:
        play.tell(
            case["owner"]["name"],
            f"sees case {earlier['number']} beside it: {earlier['link']} / {earlier['reason']}, "
            f"put right then by {', '.join(earlier['remedies'])}",
        )
    calls = [entry["text"] for entry in case["entries"] if entry["kind"] == "call"]
    remedies = [effect["remedy"] for effect in case["effects"] if effect["remedy"]]
    doing = f"is called to it at once: {', '.join(calls)}" if calls else f"sees what was done: {', '.join(remedies)}"
    play.tell(case["owner"]["name"], doing)


async def desk_and_its_robot_talk(play: Play) -> None:
    ticket = await play.get_ticket()
    for comment in ticket["comments"]:
        play.telling.tell(
            datetime.fromisoformat(comment["created_at"]), "publisher's desk", f"{comment['author']}:", comment["body"]
        )


async def reader_gets_the_one_automatic_mail(play: Play) -> None:
    mail = (await play.list_mails())[-1]
    play.tell(play.reader, f"gets a mail: {mail['subject']}", mail["text"])


async def reader_looks_at_the_status_page(play: Play) -> None:
    page = await play.look_at_page()
    promises = [p for p in page.case["promises"] if p["outcome"] is None]
    told = "; ".join(f"{p['text']} {_to_day(p['due_at'], play.seen.zone)}" for p in promises)
    told = f"{page.case['owner']['name']} owns it. {told}"
    play.tell(play.reader, f"opens the status page without signing in ({page.answer.status}): {told}")


async def owner_tries_to_ask_for_what_is_known(play: Play) -> None:
    name, owner = await play.find_owner()
    text = say(play.plot, "asks_known")
    number = play.episode.first["number"]
    answer = await owner.call("POST", f"/api/v1/cases/{number}/replies", {"text": text, "asks": ["account_email"]})
    play.episode.refusals.append(answer)
    known = answer.body.get("known", {}) if answer.body else {}
    play.tell(name, f"tries to ask; refused with {answer.status}, for it is known: {known}", text)


async def reader_opens_the_issue(play: Play) -> None:
    order = {"customer": play.plot.person.email, "item": play.episode.item}
    await play.stage.partners["delivery"].post("/_sandbox/open", order)
    play.tell(play.reader, f"opens {play.episode.item} in the app")
    await play.pass_time(minutes=2)
    case = await play.get_case()
    outcomes = [f"{p['text']} {p['outcome']}" for p in case["promises"]]
    play.tell("Luotsi", f"sees that it arrived ({case['trace']['verdict']['state']}). {'; '.join(outcomes)}")


async def owner_solves(play: Play) -> None:
    await _solve(play, say(play.plot, "arrived"))


async def owner_orders_the_remedy(play: Play) -> None:
    name, owner = await play.find_owner()
    path = f"/api/v1/cases/{play.episode.first['number']}"
    await owner.post(f"{path}/remedies", {"kind": "redeliver"})
    await play.stage.settle()
    effect = [e for e in (await play.get_case())["effects"] if e["remedy"]][-1]
    play.tell(name, f"orders the remedy from the case: {effect['remedy']} at {effect['party']}, {effect['state']}")
    text = say(play.plot, "in_hand")
    await owner.post(f"{path}/replies", {"text": text})
    await play.stage.settle()
    play.tell(name, f"writes to {play.reader}", text)


async def desk_tells_the_cause(play: Play) -> None:
    await _desk_says(play, say(play.plot, "cause"), "open")


async def desk_tells_the_fix_unheard(play: Play) -> None:
    """The desk's pushing is switched off; the hub finds the words by looking."""
    desk = play.stage.partners["publisher_desk"]
    login = Driver(desk.url, login=play.stage.desk_login)
    for webhook in (await login.get("/api/v2/webhooks"))["webhooks"]:
        await login.delete(f"/api/v2/webhooks/{webhook['id']}")
    await login.close()
    await _desk_says(play, say(play.plot, "fix"), "solved")


async def _desk_says(play: Play, text: str, status: str) -> None:
    desk, ticket = play.stage.partners["publisher_desk"], await play.get_ticket()
    before = _count_pushes(await desk.get("/_sandbox/state"))
    order = {"author": DESK_PERSON, "body": text, "status": status}
    await desk.post(f"/_sandbox/tickets/{ticket['id']}/comments", order)
    await play.stage.settle()
    pushed = max(_count_pushes(await desk.get("/_sandbox/state")) - before, 0)
    play.tell("publisher's desk", f"{DESK_PERSON}:", text)
    if not pushed:
        await play.pass_time(minutes=2)
    case = await play.get_case()
    reached = any(m["text"] == text for m in case["messages"] if m["party"] == "publisher_desk")
    play.episode.heard.append(Heard(text, pushed, reached))
    way = "by webhook" if pushed else "found by looking, with webhooks off"
    play.tell(case["owner"]["name"], f"reads it on case {case['number']} ({way})" if reached else "does not get it")


def _count_pushes(desk: Json) -> int:
    return sum(i["status"] == "success" for w in desk["webhooks"].values() for i in w["invocations"])


async def owner_writes_the_cause_on_the_problem(play: Play) -> None:
    name, owner = await play.find_owner()
    number = (await play.get_case())["problem"]["number"]
    cause = say(play.plot, "cause")
    problem = await owner.patch(f"/api/v1/problems/{number}", {"cause": cause})
    cases = ", ".join(str(c["number"]) for c in problem["cases"])
    play.tell(
        name, f"writes the cause on problem {number}, which {problem['owner']['name']} owns; cases {cases}", cause
    )


async def owner_solves_with_the_cause(play: Play) -> None:
    await _solve(play, say(play.plot, "solved"))


async def _solve(play: Play, text: str) -> None:
    name, owner = await play.find_owner()
    await owner.post(f"/api/v1/cases/{play.episode.first['number']}/solve", {"text": text})
    await play.stage.settle()
    play.episode.last = await play.get_case()
    play.tell(play.reader, f"gets a mail from {name}; case {play.episode.last['number']} is solved", text)


def _to_day(at: str, zone: str) -> str:
    return f"by {datetime.fromisoformat(at).astimezone(ZoneInfo(zone)):%-d %B %H:%M}"


def list_september(plot: Plot) -> list[Step]:
    asking = [owner_tries_to_ask_for_what_is_known]
    return [
        break_the_delivery,
        later(hours=1),
        complain,
        owner_sees_the_case,
        desk_and_its_robot_talk,
        reader_gets_the_one_automatic_mail,
        later(minutes=12),
        reader_looks_at_the_status_page,
        *([] if plot.asks_late else asking),
        later(hours=1),
        reader_opens_the_issue,
        *(asking if plot.asks_late else []),
        owner_solves,
    ]


NOVEMBER_STEPS: list[Step] = [
    break_the_delivery,
    later(minutes=5),
    complain_again,
    owner_sees_the_case,
    reader_gets_the_one_automatic_mail,
    desk_and_its_robot_talk,
    reader_looks_at_the_status_page,
    later(minutes=9),
    owner_orders_the_remedy,
    reader_looks_at_the_status_page,
    later(minutes=50),
    desk_tells_the_cause,
    later(minutes=30),
    desk_tells_the_fix_unheard,
    later(minutes=20),
    reader_opens_the_issue,
    owner_writes_the_cause_on_the_problem,
    owner_solves_with_the_cause,
]


async def play_magazine(stage: Stage, plot: Plot, telling: Telling) -> Seen:
    """Both episodes; what was seen of them."""
    september, november = (Episode(at, plot.to_item(at)) for at in (SEPTEMBER, NOVEMBER))
    seen = Seen(
        plot=plot,
        support_address=stage.house.support_address,
        public_url=stage.house.public_url,
        zone=stage.house.zone,
        catalogue=stage.house.catalogue,
        staff={f"{name.split()[0].lower()}@luotsi.example": name for name in plot.staff},
        september=september,
        november=november,
    )
    await _play(Play(stage, plot, seen, telling, september), "The issue does not come", list_september(plot))
    await stage.wait_until(NOVEMBER)
    await _play(Play(stage, plot, seen, telling, november), "Two months later", NOVEMBER_STEPS)
    await _read_records(stage, seen)
    return seen


async def _play(play: Play, title: str, steps: list[Step]) -> None:
    play.telling.open_chapter(title, play.episode.at)
    for step in steps:
        await step(play)


async def _read_records(stage: Stage, seen: Seen) -> None:
    """What each party has in the end."""
    owner = next(iter(stage.staff.values()))
    for episode in seen.episodes:
        episode.last = await owner.get(f"/api/v1/cases/{episode.first['number']}")
    problem = seen.november.last["problem"]
    seen.problem = await owner.get(f"/api/v1/problems/{problem['number']}") if problem else None
    seen.mails = await stage.catcher.get("/messages")
    seen.tickets = list((await stage.partners["publisher_desk"].get("/_sandbox/state"))["tickets"].values())
    seen.licences = (await stage.partners["delivery"].get("/_sandbox/state"))["licences"]
