// A figure is saved as SVG, or as PNG with three pixels per unit, in the colours of the light page.

function drawingOf(figure) {
  const svg = all(".plot svg", figure).find((each) => each.getBoundingClientRect().width) ?? figure.querySelector("svg");
  const copied = svg.cloneNode(true);
  for (const element of all(".marked", copied)) element.classList.remove("marked");
  const [, , width, height] = (svg.getAttribute("viewBox") ?? "0 0 800 600").split(/[\s,]+/).map(Number);
  copied.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copied.setAttribute("width", width);
  copied.setAttribute("height", height);
  return { text: new XMLSerializer().serializeToString(copied), width, height };
}

function savePng(name, pressed, { text, width, height }) {
  const image = new Image();
  image.addEventListener("error", () => announce(pressed, "Not drawn"));
  image.addEventListener("load", () => {
    const canvas = make("canvas", { width: Math.round(width * 3), height: Math.round(height * 3) });
    const context = canvas.getContext("2d");
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => save(`${name}.png`, blob), "image/png");
  });
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}

for (const figure of all("figure[id]")) {
  if (!figure.querySelector("svg")) continue;
  const name = figure.id.replace(/^figure-/, "");
  const label = (form) => ({ "aria-label": `Save the figure ${name} as ${form}` });
  figure.querySelector("figcaption")?.append(
    make(
      "span",
      { class: "saves control" },
      button("SVG", () => save(`${name}.svg`, new Blob([drawingOf(figure).text], { type: "image/svg+xml" })), label("SVG")),
      button("PNG", (event) => savePng(name, event.currentTarget, drawingOf(figure)), label("PNG")),
    ),
  );
}
