"""How long from a mail to its case, and to its verdict, on a running hub: `python -m bench.latency RUN_JSON [COUNT]`.

Sends mails of strangers by SMTP, one a second, each about a title of the catalogue, and reads the times that the hub
itself wrote down. Seconds on a shared machine say little; compare runs of the same minute.
"""

from __future__ import annotations

import json
import smtplib
import statistics
import sys
import time
import urllib.request
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any


def main(run_file: str, count: int = 20) -> None:
    run = json.loads(Path(run_file).read_text("utf-8"))
    mark = f"latency-{int(time.time())}"
    sent = {address: _send(run, address) for address in (f"{mark}-{n}@example.org" for n in range(count))}
    time.sleep(10)
    to_case, to_verdict = [], []
    for address, at in sent.items():
        case = _get(run, f"/api/v1/cases?customer={address}")["cases"][0]
        view = _get(run, f"/api/v1/cases/{case['number']}")
        to_case.append(_since(at, view["opened_at"]))
        to_verdict.append(_since(at, next(e["at"] for e in view["entries"] if e["kind"] == "verdict")))
    for what, times in (("mail to case", to_case), ("mail to verdict", to_verdict)):
        print(f"{what:<16} median {statistics.median(times):.2f} s   slowest {max(times):.2f} s   of {count}")


def _send(run: dict[str, Any], address: str) -> datetime:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = address, run["support_address"], "HBR puuttuu"
    mail.set_content("Hei, Harvard Business Review'n uusin numero ei näy Ziniossa iPadillani.\n")
    time.sleep(1)
    at = datetime.now(UTC)
    with smtplib.SMTP(run["smtp"]["host"], run["smtp"]["port"], timeout=10) as door:
        door.send_message(mail)
    return at


def _since(at: datetime, then: str) -> float:
    return (datetime.fromisoformat(then) - at).total_seconds()


def _get(run: dict[str, Any], path: str) -> Any:
    request = urllib.request.Request(run["http"] + path, headers={"Authorization": f"Bearer {run['token']}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main(sys.argv[1], *(int(n) for n in sys.argv[2:3]))
