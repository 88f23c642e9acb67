// What tables show: standard errors, intervals and p values; decimals; heads that stay in view; the order of rows.

const rootClasses = document.documentElement.classList;
rootClasses.add("scripted");

for (const table of all(".table table")) {
  all("thead th[data-col]", table).forEach((head) => {
    for (const row of table.tBodies) {
      for (const line of row.rows) line.cells[head.cellIndex]?.setAttribute("data-col", head.dataset.col);
    }
  });
}

function toggle(quantity, label) {
  const box = make("input", { type: "checkbox" });
  box.checked = true;
  box.addEventListener("change", () => rootClasses.toggle(`without-${quantity}`, !box.checked));
  return make("label", {}, box, label);
}

const withDigits = all("[data-value]").filter((number) => /^[^.]*\d?\.\d+[^.]*$/.test(number.textContent));
const printed = new Map(withDigits.map((number) => [number, number.textContent]));
let moreDigits = 0;

// Returns the number with more or fewer decimals, in the style in which it was printed: its minus sign, whether a
// zero stands before the point, and what stands around it.
function withDecimals(text, value, more) {
  const [whole, sign, zero, decimals] = /(−?)(\d*)\.(\d+)/.exec(text);
  const rounded = Math.abs(value).toFixed(Math.max(0, decimals.length + more));
  const body = zero === "" ? rounded.replace(/^0(?=\.)/, "") : rounded;
  return text.replace(whole, (sign && Number(rounded) !== 0 ? sign : "") + body);
}

function setDigits(more) {
  moreDigits = Math.min(4, Math.max(-3, more));
  for (const [number, text] of printed) {
    const shown = moreDigits ? withDecimals(text, Number(number.dataset.value), moreDigits) : text;
    const fraction = number.querySelector(".frac");
    if (!fraction) {
      number.textContent = shown;
      continue;
    }
    const point = shown.indexOf(".") < 0 ? shown.search(/[^\d]*$/) : shown.indexOf(".");
    fraction.textContent = shown.slice(point);
    number.firstChild.textContent = shown.slice(0, point);
  }
  for (const cell of all("td[class*='f']")) {
    const own = (cell.dataset.fraction ??= /\bf(\d+)\b/.exec(cell.className)?.[1] ?? "");
    if (own !== "" && own !== "0") {
      cell.className = cell.className.replace(/\bf\d+\b/, `f${Math.max(0, Number(own) + moreDigits)}`);
    }
  }
  digitsShown.textContent = moreDigits ? `${moreDigits > 0 ? "+" : "−"}${Math.abs(moreDigits)}` : "0";
}

const digitsShown = make("output", { "aria-label": "Decimals more or fewer than reported" }, "0");
const toggles = Object.entries({ se: "SE", ci: "CI", p: make("i", {}, "p") })
  .filter(([quantity]) => document.querySelector(`.table [data-col="${quantity}"]`))
  .map(([quantity, label]) => toggle(quantity, label));
const digits = () =>
  make(
    "span",
    { class: "digits" },
    "Digits",
    button("−", () => setDigits(moreDigits - 1), { "aria-label": "Fewer decimals" }),
    digitsShown,
    button("+", () => setDigits(moreDigits + 1), { "aria-label": "More decimals" }),
  );
const controls = make(
  "div",
  { class: "controls control", role: "group", "aria-label": "What tables show" },
  ...toggles,
  ...(printed.size ? [digits()] : []),
);

function placeControls() {
  document.querySelector(PHONE.matches ? "nav.fold" : "nav.bar").append(controls);
}
if (controls.childElementCount) {
  placeControls();
  PHONE.addEventListener("change", placeControls);
}

// A table that fits needs no region to scroll in; its head then stays below the bar while its rows pass.
function fitTables() {
  const bar = document.querySelector(".bar");
  document.documentElement.style.setProperty("--bar", `${PHONE.matches || !bar ? 0 : bar.offsetHeight}px`);
  for (const region of all(".scroll")) {
    const table = region.querySelector("table");
    if (!region.clientWidth) continue;
    const fits = table.offsetWidth <= region.clientWidth + 1;
    region.classList.toggle("fits", fits);
    region.style.setProperty("--head", `${table.tHead?.offsetHeight ?? 0}px`);
    if (fits) region.removeAttribute("tabindex");
    else region.setAttribute("tabindex", "0");
  }
}
new ResizeObserver(fitTables).observe(document.querySelector("main"));
fitTables();

// Rows move with the rows of details below them, and stay within their block.
function blocksOf(body) {
  const blocks = [];
  for (const row of body.rows) {
    if (row.matches(".heading")) continue;
    if (row.matches(".detail") && blocks.length) blocks.at(-1).push(row);
    else blocks.push([row]);
  }
  return blocks;
}

function sortKey(row, column) {
  const cell = row.cells[column];
  const number = cell?.querySelector("[data-value]")?.dataset.value;
  const text = cell ? visibleText(cell).trim() : "";
  const plain = /−?\d*\.?\d+/.exec(text.replace(/^[<>\s[(]+/, ""));
  const value = number ?? plain?.[0].replace("−", "-");
  return { text, number: column && value !== undefined ? Number(value) : NaN };
}

function compare(first, second) {
  if (!first.text || !second.text) return Boolean(second.text) - Boolean(first.text);
  const difference = first.number - second.number;
  return Number.isNaN(difference) ? first.text.localeCompare(second.text, "en", { numeric: true }) : difference;
}

function sortBy(table, head, order) {
  for (const other of all("th[aria-sort]", table)) other.removeAttribute("aria-sort");
  if (order) head.setAttribute("aria-sort", order);
  for (const body of table.tBodies) {
    const blocks = (body.printed ??= blocksOf(body)).map((rows) => ({ rows, key: sortKey(rows[0], head.cellIndex) }));
    const sign = order === "descending" ? -1 : 1;
    if (order) blocks.sort((a, b) => (a.key.text && b.key.text ? sign : 1) * compare(a.key, b.key));
    body.append(...blocks.flatMap((block) => block.rows));
  }
}

const NEXT = { ascending: "descending", descending: "" };

for (const table of all(".table table")) {
  if (![...table.tBodies].some((body) => blocksOf(body).length > 3)) continue;
  if (all(".detail", table).length) continue; // its columns are models, not variables
  const sorters = all("thead th", table).map((head) => {
    const order = () => sortBy(table, head, NEXT[head.getAttribute("aria-sort")] ?? "ascending");
    const sorter = button("", order, { class: "sort control", "aria-label": `Sort by ${visibleText(head).trim()}` });
    head.append(sorter);
    return sorter;
  });
  table.classList.add("sortable");
  rove(sorters, "ArrowLeft", "ArrowRight", table);
}
