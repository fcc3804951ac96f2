"""HTML reduced to the text a person would read in it. Runs in linear time on whatever it is given."""

from __future__ import annotations

import html
import re

LONGEST = 2_000_000  # characters of HTML that are looked at

_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<[!?][^<>]{0,2000}+>"
    r"|<(/?)([a-zA-Z][\w:.-]{0,40}+)((?:[^<>\"']++|\"[^\"]{0,9000}+\"|'[^']{0,9000}+')*+|[^<>]{0,9000}+)>",
    re.DOTALL,
)
_UNSEEN = frozenset({"script", "style", "head", "title", "template", "noframes"})
_PARAGRAPH = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre"})
_LINE = frozenset({"br", "div", "tr", "li", "hr", "section", "article", "header", "footer", "dt", "dd", "address"})
_ALT = re.compile(r"\balt\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", re.IGNORECASE)


def html_to_text(source: str) -> str:
    """Blocks become lines, list items get a dash, a blockquote gets `> `, a picture its alternative text."""
    reader = _Reader()
    source, end = source[:LONGEST], 0
    while match := _TOKEN.search(source, end):
        reader.add_text(source[end : match.start()])
        end = match.end()
        name = (match[2] or "").lower()
        if name in _UNSEEN and not match[1]:
            end = _skip(source, name, end)
        elif name:
            reader.add_tag(name, bool(match[1]), match[3])
    reader.add_text(source[end:])
    return reader.to_text()


def _skip(source: str, name: str, start: int) -> int:
    closing = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(source, start)
    if closing is not None:
        return closing.end()
    return start if name in ("head", "title") else len(source)


class _Reader:
    def __init__(self) -> None:
        self.lines: list[str] = [""]
        self.depth = 0
        self.pre = False

    def add_text(self, raw: str) -> None:
        if not raw:
            return
        text = html.unescape(raw).replace("\xa0", " ").replace("\xad", "").replace("\u200b", "")
        if self.pre:
            self._add_pre(text)
            return
        text = re.sub(r"[ \t\r\n\f]+", " ", text)
        if self.lines[-1] in ("", self._prefix()) or self.lines[-1].endswith(" "):
            text = text.lstrip(" ")
        if text:
            self._write(text)

    def _add_pre(self, text: str) -> None:
        first, *others = text.replace("\r\n", "\n").split("\n")
        self._write(first)
        for other in others:
            self.lines.append(self._prefix() + other)

    def add_tag(self, name: str, closing: bool, attributes: str) -> None:
        if name in _PARAGRAPH:
            self._break(blank=True)
            self._enter(name, closing)
        elif name in _LINE:
            self._break(blank=False, forced=name == "br")
            if name == "li" and not closing:
                self._write("- ")
        elif name in ("td", "th"):
            self.add_text(" ")
        elif name == "img" and (alt := _ALT.search(attributes)):
            self.add_text(alt[1] or alt[2] or alt[3] or "")

    def _enter(self, name: str, closing: bool) -> None:
        if name == "blockquote":
            self.depth = max(0, min(20, self.depth + (-1 if closing else 1)))
            self.lines.append("")
        self.pre = name == "pre" and not closing

    def _prefix(self) -> str:
        return "> " * self.depth

    def _write(self, text: str) -> None:
        if not self.lines[-1]:
            self.lines[-1] = self._prefix()
        self.lines[-1] += text

    def _break(self, *, blank: bool, forced: bool = False) -> None:
        prefix = self._prefix()
        if forced or self.lines[-1].strip() not in ("", prefix.strip()):
            self.lines.append("")
        if blank and len(self.lines) > 1 and self.lines[-2].strip() not in ("", prefix.strip()):
            self.lines.append("")

    def to_text(self) -> str:
        text = "\n".join(line.rstrip() for line in self.lines)
        return re.sub(r"\n{3,}", "\n\n", text).strip("\n")
