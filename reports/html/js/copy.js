// Tables as CSV, Markdown, LaTeX and HTML for word processors, as they are shown; sentences; the list of gaps.

function linesOf(table, text) {
  return all("tr", table)
    .filter((row) => getComputedStyle(row).display !== "none")
    .map((row) => ({
      heading: row.matches(".heading"),
      head: row.parentElement === table.tHead,
      cells: [...row.cells].filter((cell) => getComputedStyle(cell).display !== "none").map(text),
    }));
}

const captionOf = (table, text = visibleText) => text(table.caption).trim();
const notesOf = (table, text = visibleText) => all(".notes p", table.closest(".table")).map((note) => text(note).trim());
const plain = (node) => visibleText(node).trim();

function asCsv(table) {
  const quoted = (cell) => {
    const text = plain(cell).replace(/^−(?=[\d.])/, "-");
    const safe = /^[=+@]/.test(text) ? `'${text}` : text; // a spreadsheet would take it for a formula
    return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return linesOf(table, quoted).map((line) => line.cells.join(",")).join("\r\n") + "\r\n";
}

const MARKDOWN = {
  text: (text) => text.replace(/[\\`*_{}[\]<>|~$]/g, "\\$&"),
  element: (node, inner) => {
    if (node.matches("sub")) return inner.replace(/\d/g, (digit) => String.fromCharCode(0x2080 + Number(digit)));
    return node.matches("i, em") && inner ? `*${inner}*` : inner;
  },
};

function asMarkdown(table) {
  const lines = linesOf(table, (cell) => visibleText(cell, MARKDOWN).trim());
  const width = Math.max(...lines.map((line) => line.cells.length));
  const row = (cells) => `| ${[...cells, ...Array(width - cells.length).fill("")].join(" | ")} |`;
  const body = lines.map((line) => row(line.heading ? [`**${line.cells[0]}**`] : line.cells));
  const rule = row(["---", ...Array(width - 1).fill("---:")]);
  const heads = lines.filter((line) => line.head).length;
  const text = (node) => visibleText(node, MARKDOWN);
  const notes = notesOf(table, text).map((note) => `\n${note}\n`);
  return `${captionOf(table, text)}\n\n${[...body.slice(0, heads), rule, ...body.slice(heads)].join("\n")}\n${notes.join("")}`;
}

const GREEK = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi psi omega".split(" ");
const LATEX = new Map([
  ..."&%$#_{}".split("").map((character) => [character, `\\${character}`]),
  ["\\", "\\textbackslash{}"], ["~", "\\textasciitilde{}"], ["^", "\\textasciicircum{}"],
  ["<", "$<$"], [">", "$>$"], ["−", "$-$"], ["×", "$\\times$"], ["±", "$\\pm$"], ["≤", "$\\leq$"], ["≥", "$\\geq$"],
  ["Δ", "$\\Delta$"], ["²", "$^2$"], ["½", "$\\frac12$"], ["‡", "\\ddag{}"], ["§", "\\S{}"], ["¶", "\\P{}"],
  ["√", "$\\surd$"], ["∞", "$\\infty$"], ["–", "--"], ["’", "'"], ["\u00a0", "~"], ["\u202f", "\\,"],
  ...GREEK.map((name, index) => [String.fromCharCode(945 + index + (index > 16)), `$\\${name}$`]),
  ..."₀₁₂₃₄₅₆₇₈₉".split("").map((character, index) => [character, `$_${index}$`]),
]);
const LATEX_FORM = {
  text: (text) => [...text].map((character) => LATEX.get(character) ?? character).join("").replaceAll("$$", ""),
  element: (node, inner) => {
    if (!inner) return "";
    if (node.matches("sub")) return `$_{${inner}}$`;
    if (node.matches("sup")) return `$^{${inner}}$`;
    if (node.matches("i, em")) return inner.startsWith("$") ? inner : `\\textit{${inner}}`;
    if (node.matches("code")) return `\\texttt{${inner}}`;
    return inner;
  },
};

function asLatex(table) {
  const text = (node) => visibleText(node, LATEX_FORM).trim().replaceAll("$$", "");
  const lines = linesOf(table, text);
  const width = Math.max(...lines.map((line) => line.cells.length));
  const row = (line) =>
    line.heading ? `\\addlinespace\n\\multicolumn{${width}}{l}{\\textbf{${line.cells[0]}}} \\\\` : `${line.cells.join(" & ")} \\\\`;
  const heads = lines.filter((line) => line.head).map(row);
  const body = lines.filter((line) => !line.head).map(row);
  const caption = captionOf(table, text).replace(/^Table \d+\.\s*/, "");
  return [
    "% needs \\usepackage{booktabs}", "\\begin{table}", `\\caption{${caption}}`, `\\begin{tabular}{l${"r".repeat(width - 1)}}`, "\\toprule",
    ...heads, "\\midrule", ...body, "\\bottomrule", "\\end{tabular}",
    ...notesOf(table, text).map((note) => `\\par\\footnotesize ${note}`), "\\end{table}", "",
  ].join("\n");
}

// Word keeps the styles that stand at the elements themselves.
function asHtml(table) {
  const escaped = (text) => text.replace(/[&<>]/g, (character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[character]);
  const form = { text: escaped, element: (node, inner) => (node.matches("i, sub, sup, b") ? `<${node.localName}>${inner}</${node.localName}>` : inner) };
  const text = (node) => visibleText(node, form).trim();
  const lines = linesOf(table, text);
  const width = Math.max(...lines.map((line) => line.cells.length));
  const rule = "1pt solid black";
  const cell = (inner, style, span = "") => `<td${span} style="padding:2pt 6pt;${style}">${inner}</td>`;
  const rows = lines.map((line, index) => {
    const edge = (index ? "" : `border-top:${rule};`) + (line.head || index === lines.length - 1 ? `border-bottom:${rule};` : "");
    const cells = line.heading
      ? [cell(`<b>${line.cells[0]}</b>`, edge, ` colspan="${width}"`)]
      : line.cells.map((inner, column) => cell(inner, `${edge}text-align:${column ? "right" : "left"};`));
    return `<tr>${cells.join("")}</tr>`;
  });
  const notes = notesOf(table, text).map((note) => `<p style="font-size:9pt">${note}</p>`);
  return `<p>${captionOf(table, text)}</p><table style="border-collapse:collapse">${rows.join("")}</table>${notes.join("")}`;
}

const asText = (table) => linesOf(table, plain).map((line) => line.cells.join("\t")).join("\n") + "\n";

const FORMATS = {
  CSV: (table) => ({ text: asCsv(table) }),
  Markdown: (table) => ({ text: asMarkdown(table) }),
  LaTeX: (table) => ({ text: asLatex(table) }),
  "Word (HTML)": (table) => ({ text: asText(table), html: asHtml(table) }),
};

for (const [index, frame] of all(".table").entries()) {
  const table = frame.querySelector("table");
  if (!table) continue;
  const buttons = Object.entries(FORMATS).map(([name, form]) => copier(name, () => form(table)));
  const label = { "aria-label": `Copy table ${index + 1}` };
  const menu = make("details", { class: "copies control" }, make("summary", label, "Copy"), make("div", {}, ...buttons));
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.firstChild.focus();
  });
  frame.prepend(menu);
}
document.addEventListener("click", (event) => {
  for (const menu of all(".copies[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// One sentence of a section is reached by the tabulator, the others from it by the arrow keys.
for (const section of all("main section")) {
  const said = all("p, li", section).filter(
    (element) => element.querySelector(".n") && !element.closest(".table, figure, nav") && !element.querySelector("p, li"),
  );
  const attributes = { class: "copy-sentence control", "aria-label": "Copy the text" };
  const buttons = said.map((element) => copier("Copy", () => ({ text: plain(element) }), attributes));
  buttons.forEach((made, index) => said[index].append(made));
  rove(buttons, "ArrowUp", "ArrowDown", section);
}

// The open items of the checklist as a list of tasks.
for (const list of all("ul.gaps:not(.stated)")) {
  const tasks = () => ({ text: [...list.children].map((item) => `- [ ] ${plain(item)}\n`).join("") });
  list.before(copier("Copy as to-do", tasks, { class: "as-list control" }));
}
