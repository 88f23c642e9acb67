// A figure is saved as SVG, or as PNG with three pixels per unit: its panels as they stand on the page, in the
// colours of the light page, which are the attributes of its elements.

const SVG = "http://www.w3.org/2000/svg";

function drawingOf(figure) {
  const frame = figure.querySelector(".plot").getBoundingClientRect();
  const panels = all(".plot svg", figure).filter((svg) => !svg.parentElement.closest("svg"));
  const places = panels.map((svg) => svg.getBoundingClientRect());
  const width = Math.ceil(Math.max(...places.map((place) => place.right)) - frame.left);
  const height = Math.ceil(Math.max(...places.map((place) => place.bottom)) - frame.top);
  const whole = document.createElementNS(SVG, "svg");
  const sizes = { width, height, viewBox: `0 0 ${width} ${height}`, "font-family": "Helvetica, Arial, sans-serif" };
  for (const [name, value] of Object.entries(sizes)) whole.setAttribute(name, value);
  panels.forEach((svg, index) => {
    const panel = svg.cloneNode(true);
    for (const element of all(".marked", panel)) element.classList.remove("marked");
    const { left, top, width: across, height: down } = places[index];
    const place = { x: left - frame.left, y: top - frame.top, width: across, height: down };
    for (const [name, value] of Object.entries(place)) panel.setAttribute(name, value);
    whole.append(panel);
  });
  return { text: new XMLSerializer().serializeToString(whole), width, height };
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
