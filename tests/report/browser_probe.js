// Collects what tests/report/test_browser.py asks about, in the page under test, and hands it to the page around.

function luminance([red, green, blue]) {
  const [r, g, b] = [red, green, blue].map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

const colour = (text) => (/rgba?\(([^)]*)\)/.exec(text)?.[1] ?? "0,0,0,0").split(/[,\s/]+/).map(Number);

function paperOf(element) {
  for (let at = element; at; at = at.parentElement) {
    const found = colour(getComputedStyle(at).backgroundColor);
    if (found[3] !== 0) return found;
  }
  return [255, 255, 255];
}

function faint() {
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const style = getComputedStyle(element);
    if (!own || element.closest("script, style, svg, .hidden") || !element.getClientRects().length) continue;
    if (style.visibility === "hidden" || Number(style.opacity) === 0) continue;
    const [first, second] = [luminance(colour(style.color)), luminance(paperOf(element))].sort((a, b) => b - a);
    const contrast = (first + 0.05) / (second + 0.05);
    if (contrast < 4.5) found.push(`${element.localName}.${element.className} ${contrast.toFixed(2)}`);
  }
  return found;
}

function wide() {
  const inside = ".scroll:not(.fits), .equation, pre, .explained, .hidden, .skip";
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && !element.closest(inside))
    .map((element) => `${element.localName}.${element.className}`);
}

function unreached() {
  const controls = [...document.querySelectorAll("button, summary, input, select, a[href]")];
  return controls
    .filter((control) => control.tabIndex < 0 && !control.matches(".sort, .copy-sentence"))
    .map((control) => control.outerHTML.slice(0, 80));
}

function textWithoutControls() {
  const main = document.querySelector("main").cloneNode(true);
  for (const control of main.querySelectorAll(".control")) control.remove();
  return main.textContent.replace(/\s+/g, " ").trim();
}

async function probe() {
  const found = { width: innerWidth, text: textWithoutControls(), controls: document.querySelectorAll(".control").length };
  for (const fold of document.querySelectorAll("main details")) fold.open ||= !fold.matches(".control");
  await new Promise((resolve) => setTimeout(resolve, 150));
  Object.assign(found, { faint: faint(), wide: wide(), unreached: unreached(), loaded: performance.getEntriesByType("resource").map((each) => each.name) });
  if (window.axe) {
    const result = await window.axe.run({ resultTypes: ["violations"] });
    found.axe = result.violations
      .filter((each) => ["serious", "critical"].includes(each.impact))
      .map((each) => `${each.id}: ${each.nodes.map((node) => node.html.slice(0, 90)).join(" ; ")}`);
  }
  parent.postMessage(JSON.stringify(found), "*");
}

probe().catch((error) => parent.postMessage(JSON.stringify({ error: String(error) }), "*"));
