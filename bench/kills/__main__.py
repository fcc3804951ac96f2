"""Kills and proves: python -m bench.kills --count 30 --seed 1. Exits with 1 where anything was lost or doubled."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from bench.kills.run import Report, run_kills

IN = ("accepted", "cases", "delivered twice")
OUT = ("mails out", "licences", "tickets")
SHOWN = (*IN, *OUT, "lost", "doubled", "stuck", "unknown")


def to_lines(report: Report) -> Iterator[str]:
    yield f"{'kills':<18}{report.kills.total():>6}   in {report.seconds:.0f} s"
    for (victim, moment), times in sorted(report.kills.items()):
        yield f"  {victim:<16}{times:>6}   {moment}"
    for name, times in report.falls.items():
        yield f"fell by itself: {name:<9}{times:>3}" if times else ""
    yield f"{'quiet after':<18}{report.quiet_after:>6.1f} s"
    for name in SHOWN:
        yield f"{name:<18}{report.finding.counts[name]:>6}"
    yield from report.finding.faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    report = run_kills(options.count, options.seed, print)
    print(*(line for line in to_lines(report) if line), sep="\n")
    return 1 if report.finding.faults else 0


if __name__ == "__main__":
    sys.exit(main())
