// Live updates and a few keys. Every page works without this file.
"use strict";
(() => {
  const said = document.getElementById("said");
  const one = (css, within = document) => within.querySelector(css);
  const all = (css, within = document) => [...within.querySelectorAll(css)];
  // Times pass by themselves and tokens are renewed: neither makes a region new.
  const settle = (html) => html.replace(/(<time[^>]*>)[^<]*/g, "$1").replace(/name="csrf" value="[^"]*"/g, "");
  const served = new Map(all("[data-region]").map((r) => [r.dataset.region, settle(r.innerHTML)]));

  const isTyped = (field) =>
    field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
  const isBusy = (region) =>
    all("input:not([type=hidden]), textarea", region).some(isTyped) ||
    (region.contains(document.activeElement) && document.activeElement.matches("input, textarea, select"));

  function replace(old, fresh) {
    const open = all("details", old).map((d) => d.open);
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const place = focused && all("a, button, summary, [tabindex]", old).indexOf(focused);
    old.innerHTML = fresh.innerHTML;
    old.className = fresh.className;
    all("details", old).forEach((d, i) => { d.open = open[i] ?? d.open; });
    if (focused) all("a, button, summary, [tabindex]", old)[place]?.focus({ preventScroll: true });
    old.dataset.new = "";
    setTimeout(() => delete old.dataset.new, 1700);
  }

  // Only what differs from what was served before is replaced, and nothing that is being typed in.
  async function refresh() {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const news = [];
    for (const old of all("[data-region]")) {
      const now = one(`[data-region="${old.dataset.region}"]`, fresh);
      if (!now || isBusy(old)) continue;
      if (settle(now.innerHTML) === served.get(old.dataset.region)) { passTime(old, now); continue; }
      served.set(old.dataset.region, settle(now.innerHTML));
      replace(old, now);
      news.push(now.dataset.says);
    }
    if (news.length) say(`Changed: ${news.join("; ")}`);
  }

  function passTime(old, now) {
    const times = all("time", now);
    all("time", old).forEach((time, i) => { if (times[i]) time.textContent = times[i].textContent; });
  }

  // Heard by a screen reader; the page itself shows what is new.
  function say(text) {
    all(".hidden", said).forEach((p) => p.remove());
    said.append(Object.assign(document.createElement("p"), { className: "hidden", textContent: text }));
  }

  let waiting;
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(() => refresh().catch(() => {}), 150); };
  if (one("[data-region]") && window.EventSource) {
    const shown = one("[data-case]")?.dataset.case;
    const live = new EventSource(shown ? `/live?case=${shown}` : "/live");
    live.addEventListener("changed", soon);
    live.addEventListener("ready", soon); // what changed before the stream stood was not told
    setInterval(soon, 60_000);
  }

  const help = document.getElementById("help");
  const toggle = one("[data-keys]", help);
  const use = () => localStorage.getItem("keys") !== "off";
  toggle.checked = use();
  toggle.addEventListener("change", () => localStorage.setItem("keys", toggle.checked ? "on" : "off"));
  const hint = one("[data-help]");
  hint.hidden = false;
  hint.addEventListener("click", () => help.showModal());

  function step(by) {
    const rows = all("[data-row]");
    const at = rows.indexOf(document.activeElement);
    rows[Math.max(0, Math.min(rows.length - 1, at + by))]?.focus();
  }
  const keys = {
    j: () => step(1), k: () => step(-1),
    r: () => document.getElementById("reply-text")?.focus(),
    "/": () => document.getElementById("q")?.focus(),
    "?": () => help.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.target.matches("input, textarea, select") || !keys[event.key] || !use()) return;
    event.preventDefault();
    keys[event.key]();
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest("details.drop, details.who");
    if (menu) { menu.open = false; one("summary", menu).focus(); }
  });
  one("[autofocus]")?.scrollIntoView({ block: "center" });
})();
