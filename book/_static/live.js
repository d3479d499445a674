// Live views: every figure holds its data as JSON, and draws what its controls choose. No kernel and no library.
const LEFT = 70, RIGHT = 410, TOP = 10, BOTTOM = 210;

function svg(parent, tag, attributes = {}, text = "") {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.textContent = text;
  return parent.appendChild(node);
}

function html(parent, tag, attributes = {}, text = "") {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.textContent = text;
  return parent.appendChild(node);
}

function scale(axis, from, to) {
  const of = axis.log ? Math.log10 : (value) => value;
  const [low, high] = axis.ends.map(of);
  return (value) => from + ((Math.min(Math.max(of(value), low), high) - low) / (high - low)) * (to - from);
}

function legend(picture, names, mark, columns) {
  const width = (RIGHT - 10) / columns;
  names.forEach(([series, name], number) => {
    const x = 14 + (number % columns) * width, y = BOTTOM + 56 + 17 * Math.floor(number / columns);
    mark(series, x, y - 4);
    svg(picture, "text", { x: x + 24, y }, name);
  });
  return BOTTOM + 62 + 17 * Math.ceil(names.length / columns);
}

function frame(parent, says, title) {
  const picture = svg(html(parent, "div", { class: "live-panel" }), "svg", { role: "img", "aria-label": `${title}. ${says}` });
  picture.setAttribute("viewBox", "0 0 420 250");
  return picture;
}

function drawLines(parent, view, panel, shown) {
  const [xAxis, yAxis] = panel.axes.map((number) => view.axes[number]);
  const picture = frame(parent, shown.says, `${yAxis.label} over ${xAxis.label}`);
  const x = scale(xAxis, LEFT, RIGHT), y = scale(yAxis, BOTTOM, TOP);
  for (const [value, name] of xAxis.ticks) svg(picture, "text", { x: x(value), y: BOTTOM + 16, "text-anchor": "middle" }, name);
  for (const [value, name] of yAxis.ticks) {
    svg(picture, "line", { x1: LEFT, x2: RIGHT, y1: y(value), y2: y(value), class: "live-grid" });
    svg(picture, "text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, name);
  }
  svg(picture, "text", { x: (LEFT + RIGHT) / 2, y: BOTTOM + 35, "text-anchor": "middle" }, xAxis.label);
  svg(picture, "text", { x: 12, y: (TOP + BOTTOM) / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${(TOP + BOTTOM) / 2})` }, yAxis.label);
  if (panel.marked) svg(picture, "line", { x1: x(shown.mark), x2: x(shown.mark), y1: TOP, y2: BOTTOM, class: "live-mark" });
  for (const line of panel.lines) {
    const points = line.y.map((value, number) => `${x(line.x ? line.x[number] : number + 1)},${y(value)}`);
    svg(picture, "polyline", { points: points.join(" "), class: `live-line live-${view.series[line.of].style}` });
  }
  const used = [...new Set(panel.lines.map((line) => line.of))].map((of) => [of, view.series[of].name]);
  const height = legend(picture, used, (of, x1, at) => {
    svg(picture, "line", { x1, x2: x1 + 18, y1: at, y2: at, class: `live-line live-${view.series[of].style}` });
  }, panel.columns);
  picture.setAttribute("viewBox", `0 0 420 ${height}`);
}

function drawPoints(parent, view, panel, shown) {
  const picture = frame(parent, shown.says, "Points in the plane, one for each image");
  const dot = (label, x, y) => label < 8
    ? svg(picture, "circle", { cx: x, cy: y, r: 3.5, class: `live-dot live-${label}` })
    : svg(picture, "rect", { x: x - 3.5, y: y - 3.5, width: 7, height: 7, class: `live-dot live-${label - 8}` });
  view.labels.forEach((label, number) => {
    svg(dot(label, 10 + panel.x[number] * 0.4, TOP + panel.y[number] * 0.22), "title", {}, view.classes[label]);
  });
  const names = view.classes.map((name, label) => [label, name]);
  const height = legend(picture, names, (label, x, y) => dot(label, x + 12, y), 2);
  picture.setAttribute("viewBox", `0 0 420 ${height}`);
}

function drawImage(parent, digits, name) {
  const canvas = html(parent, "canvas", { role: "img", "aria-label": name, class: "live-image", width: 8, height: 8 });
  const context = canvas.getContext("2d"), image = context.createImageData(8, 8);
  [...digits].forEach((digit, number) => {
    image.data.fill(parseInt(digit, 16) * 17, 4 * number, 4 * number + 3);
    image.data[4 * number + 3] = 255;
  });
  context.putImageData(image, 0, 0);
}

function drawPicture(parent, view, panel) {
  const figure = html(parent, "div", { class: "live-panel live-picture" });
  drawImage(figure, panel.image, panel.name);
  html(figure, "p", {}, panel.name);
}

function drawMatrix(parent, view, panel) {
  const box = html(parent, "div", { class: "live-panel live-scroll" });
  const table = html(box, "table", { class: "live-matrix" });
  html(table, "caption", {}, "Rows: the true digit. Columns: what the network says.");
  const head = html(html(table, "thead"), "tr"), body = html(table, "tbody");
  html(head, "td");
  view.classes.forEach((name) => html(head, "th", { scope: "col" }, name));
  const found = html(parent, "div", { class: "live-panel live-found", "aria-live": "polite" });
  const cells = view.classes.map(() => view.classes.map(() => []));
  [...panel.predicted].forEach((said, number) => cells[view.labels[number]][said].push(number));
  const show = (row, column) => {
    const numbers = cells[row][column], name = `true ${view.classes[row]}, read as ${view.classes[column]}`;
    found.replaceChildren();
    html(found, "p", {}, `${numbers.length === 1 ? "1 image" : `${numbers.length} images`}: ${name}.`);
    numbers.forEach((number) => drawImage(found, view.images.slice(64 * number, 64 * number + 64), name));
  };
  cells.forEach((row, truth) => {
    const line = html(body, "tr"), all = row.reduce((sum, cell) => sum + cell.length, 0);
    html(line, "th", { scope: "row" }, view.classes[truth]);
    row.forEach((cell, said) => {
      const place = html(line, "td");
      if (!cell.length) return;
      const name = `${cell.length}: true ${view.classes[truth]}, read as ${view.classes[said]}`;
      const button = html(place, "button", { type: "button", tabindex: -1, "aria-label": name }, cell.length);
      button.style.setProperty("--share", cell.length / all);
      button.addEventListener("click", () => show(truth, said));
      button.addEventListener("focus", () => {
        for (const other of table.querySelectorAll("button")) other.tabIndex = -1;
        button.tabIndex = 0;
      });
    });
  });
  table.querySelector("button").tabIndex = 0;
  table.addEventListener("keydown", (event) => {
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    let place = event.target.closest("td");
    if (!step || !place) return;
    event.preventDefault();
    do place = body.rows[place.parentNode.rowIndex - 1 + step[0]]?.cells[place.cellIndex + step[1]];
    while (place && !place.querySelector("button"));
    place?.querySelector("button")?.focus();
  });
  const [row, column] = panel.first;
  show(row, column);
}

const DRAW = { lines: drawLines, points: drawPoints, picture: drawPicture, matrix: drawMatrix };

for (const figure of document.querySelectorAll("figure.live")) {
  const view = JSON.parse(figure.querySelector("script").textContent);
  const controls = [...figure.querySelectorAll("input, select")];
  const draw = () => {
    for (const slider of controls.filter((control) => control.type === "range")) {
      const name = view.controls[controls.indexOf(slider)][slider.value];
      slider.setAttribute("aria-valuetext", name);
      slider.nextElementSibling.textContent = name;
    }
    const shown = view.frames[controls.map((control) => control.value).join(" ")];
    figure.querySelector("figcaption").textContent = shown.says;
    const panels = figure.querySelector(".live-panels");
    panels.replaceChildren();
    for (const number of shown.panels) DRAW[view.panels[number].kind](panels, view, view.panels[number], shown);
  };
  figure.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  figure.addEventListener("input", draw);
  figure.querySelector("form").hidden = false;
  draw();
}
