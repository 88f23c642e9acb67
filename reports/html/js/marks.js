// A coefficient under the pointer or the focus is marked in tables, equations and figures at once; so is a group.

const marked = { term: new Map(), group: new Map() };
for (const [kind, found] of Object.entries(marked)) {
  for (const element of all(`[data-${kind}]`)) {
    const key = element.dataset[kind];
    found.set(key, [...(found.get(key) ?? []), element]);
  }
}
for (const number of all("main [data-src^='fixed:']")) {
  const term = termOf(number);
  if (marked.term.has(term) && !number.closest("[data-term]")) marked.term.get(term).push(number);
}

function termOf(number) {
  const keys = number.dataset.src.split(":");
  return keys.length === 4 ? decodeURIComponent(keys[2]) : undefined;
}

function keysAt(target) {
  const near = (selector) => target.closest?.(selector);
  const number = near("[data-src^='fixed:']");
  const group = near("[data-group]")?.dataset.group;
  const term = near("[data-term]")?.dataset.term ?? (number ? termOf(number) : undefined);
  return group === undefined ? { term } : { group };
}

let current = {};
function markAt(target) {
  const keys = keysAt(target);
  for (const kind of ["term", "group"]) {
    if (keys[kind] === current[kind]) continue;
    for (const element of marked[kind].get(current[kind]) ?? []) element.classList.remove("marked");
    for (const element of marked[kind].get(keys[kind]) ?? []) element.classList.add("marked");
  }
  current = keys;
}
document.addEventListener("pointerover", (event) => markAt(event.target));
document.addEventListener("focusin", (event) => markAt(event.target));
