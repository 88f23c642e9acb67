// Helpers of the other files, which follow in the order of their names and share one scope. Everything that the
// script adds has the class "control"; without the script the page has all content and none of these controls.

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

const PHONE = matchMedia("(max-width: 47.99rem)");

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function button(label, action, attributes = {}) {
  const element = make("button", { type: "button", ...attributes }, label);
  element.addEventListener("click", action);
  return element;
}

const spoken = make("div", { role: "status", class: "hidden control" });
document.querySelector("main").append(spoken);

// Tells what a control has done: on its face for a moment, and to screen readers. It keeps the focus.
function announce(element, text) {
  if (element.dataset.said) return;
  element.dataset.said = element.textContent;
  spoken.textContent = text;
  element.textContent = text;
  setTimeout(() => {
    element.textContent = element.dataset.said;
    delete element.dataset.said;
    spoken.textContent = "";
  }, 1200);
}

// Only one of several controls is reached by the tabulator; two keys move from it to the others.
function rove(controls, back, forth, within) {
  controls.forEach((control, index) => (control.tabIndex = index ? -1 : 0));
  within.addEventListener("keydown", (event) => {
    const step = { [back]: -1, [forth]: 1 }[event.key];
    const next = controls[controls.indexOf(event.target) + (step ?? 0)];
    if (!step || !next || !controls.includes(event.target)) return;
    event.preventDefault();
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}

// The visible text of an element without controls; "form" turns each text node and each element into text.
function visibleText(node, form = { text: (text) => text, element: (_, inner) => inner }) {
  if (node.nodeType === Node.TEXT_NODE) return form.text(node.textContent.replace(/\s+/g, " "));
  if (node.nodeType !== Node.ELEMENT_NODE || node.matches(".control, .explained, .hidden")) return "";
  if (getComputedStyle(node).display === "none") return "";
  return form.element(node, [...node.childNodes].map((child) => visibleText(child, form)).join(""));
}

// Copies text, and HTML beside it if given. Browsers without an asynchronous clipboard copy a selection.
async function copy(text, html) {
  try {
    if (!html) return await navigator.clipboard.writeText(text);
    const parts = { "text/plain": text, "text/html": html };
    const blobs = Object.entries(parts).map(([type, part]) => [type, new Blob([part], { type })]);
    await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
  } catch {
    const put = (event) => {
      event.clipboardData.setData("text/plain", text);
      if (html) event.clipboardData.setData("text/html", html);
      event.preventDefault();
    };
    document.addEventListener("copy", put, { once: true });
    if (!document.execCommand("copy")) throw new Error("the browser does not allow copying");
  }
}

function copier(label, content, attributes = {}) {
  return button(
    label,
    async (event) => {
      const pressed = event.currentTarget;
      const { text, html } = content();
      await copy(text, html).then(
        () => announce(pressed, "Copied"),
        () => announce(pressed, "Copying is not allowed"),
      );
    },
    attributes,
  );
}

function save(name, blob) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
