// The part of the report that is in view is marked in the bar; links and printing open the folds they lead into.

const partLinks = new Map(all(".bar a").map((link) => [link.hash.slice(1), link]));

function markPart() {
  const parts = all(".part").filter((part) => partLinks.has(part.id));
  const passed = parts.filter((part) => part.getBoundingClientRect().top <= innerHeight * 0.3);
  const atEnd = scrollY > 0 && innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
  const current = atEnd ? parts.at(-1) : (passed.at(-1) ?? parts[0]);
  for (const [id, link] of partLinks) {
    if (current && id === current.id) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

let waiting = false;
function soonMarkPart() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    markPart();
  });
}
addEventListener("scroll", soonMarkPart, { passive: true });
addEventListener("resize", soonMarkPart);
markPart();

function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.matches("details")) target.open = true;
  for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", openTarget);
if (location.hash) openTarget();

let opened = [];
addEventListener("beforeprint", () => {
  opened = all("main details:not([open])").filter((fold) => !fold.closest("nav, .control"));
  for (const fold of opened) fold.open = true;
});
addEventListener("afterprint", () => {
  for (const fold of opened) fold.open = false;
  opened = [];
});

// A pointer over a term shows its explanation, which a click or the keyboard opens without the script.
for (const term of all(".tip")) {
  const explained = document.getElementById(term.getAttribute("popovertarget"));
  if (!explained || !explained.showPopover) continue;
  term.addEventListener("pointerenter", (event) => {
    if (event.pointerType !== "touch") explained.showPopover({ source: term });
  });
  term.addEventListener("pointerleave", () => explained.hidePopover());
}
