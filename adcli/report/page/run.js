// Shows the steps of a run: the row of the table, and how far each line has come. Texts are moved
// as texts (textContent), never as HTML.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);
  const rows = all("#run-table tr[data-step]");
  const TOLD = 12; // cells of a row that are told above the pictures, too
  if (!rows.length) return;
  const heads = all("#run-table thead th").map((head) => head.textContent);

  function made(name, looks, after) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    element.setAttribute("class", looks);
    after.after(element);
    return element;
  }

  const trails = all(".trail").map((line) => {
    const looks = line.getAttribute("class").replace("trail ", "");
    const walked = made("polyline", `walked ${looks}`, line);
    const arrow = line.dataset.arrows && made("path", "arrow", walked);
    return {
      points: line.getAttribute("points").split(" "),
      steps: line.dataset.steps.split(" ").map(Number),
      arrows: line.dataset.arrows?.split(" ").map(Number),
      walked,
      arrow,
      head: made("circle", `head ${looks}`, arrow || walked),
    };
  });

  function walk(trail, step) {
    const count = trail.steps.filter((there) => there <= step).length;
    const [x, y] = trail.points.slice(2 * count - 2, 2 * count).map(Number);
    trail.walked.setAttribute("points", trail.points.slice(0, 2 * count).join(" "));
    trail.head.toggleAttribute("hidden", !count);
    if (!count) return;
    trail.head.setAttribute("cx", x);
    trail.head.setAttribute("cy", y);
    trail.head.setAttribute("r", 5);
    if (!trail.arrow) return;
    const [u, v] = trail.arrows.slice(2 * count - 2, 2 * count);
    const isCurve = Boolean(one(".curve"));
    const from = isCurve ? `M${x - u} ${y - v}L` : `M${x} ${y}L`;
    trail.arrow.setAttribute("d", u || v ? `${from}${x + u} ${y + v}${isCurve ? "" : tip(x + u, y + v, u, v)}` : "");
  }

  function tip(x, y, u, v) {
    const [a, b] = [u / 6, v / 6];
    return `M${x - a - b} ${y - b + a}L${x} ${y}L${x - a + b} ${y - b - a}`;
  }

  function show(_, step) {
    const cells = [...rows[step].cells].slice(0, TOLD);
    rows.forEach((row, s) => row.classList.toggle("lit", s === step));
    if (rows[step].offsetParent) follow(rows[step]);
    for (const trail of trails) walk(trail, step);
    one("#now").replaceChildren(
      ...cells.map((cell, k) => {
        const item = document.createElement("div");
        for (const [name, text] of [["dt", heads[k]], ["dd", cell.textContent]]) {
          const part = document.createElement(name);
          part.textContent = text;
          item.append(part);
        }
        return item;
      }),
    );
    return cells.map((cell, k) => `${heads[k]} ${cell.textContent}`).join(", ");
  }

  const player = makePlayer([rows.length], show);

  // A click into a picture goes to the nearest of the steps that it shows.
  for (const area of all(".area-of-chart")) {
    const own = trails.filter((trail) => area.contains(trail.walked));
    area.addEventListener("click", (event) => {
      const inverse = own[0]?.walked.getScreenCTM().inverse();
      if (!inverse) return;
      const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(inverse);
      const distances = own.flatMap(({ points, steps }) =>
        steps.map((step, k) => [Math.hypot(points[2 * k] - x, points[2 * k + 1] - y), step]),
      );
      player.go(0, distances.reduce((a, b) => (b[0] < a[0] ? b : a))[1]);
    });
  }
  rows.forEach((row, s) => row.addEventListener("click", () => player.go(0, s)));
  player.go(0, rows.length - 1);
})();
