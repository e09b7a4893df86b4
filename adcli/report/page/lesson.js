// Shows the passes of a lesson. Everything that is shown is in the page already: the script decides
// what of it is seen. Texts are moved as texts (textContent) or as nodes, never as HTML.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);

  const passes = all(".pass").map((section) => ({
    section,
    kind: section.dataset.kind,
    column: section.dataset.column,
    title: one("h2", section).textContent,
    steps: all(".step", section),
  }));
  const rows = new Map(all("tr[data-node]").map((row) => [row.dataset.node, row]));
  const cell = (node, column) => {
    const row = rows.get(node);
    return row && one(`[data-column="${column}"]`, row);
  };
  // What is known at a step: what was computed by then, and what no step computes.
  const known = (p, s) => {
    const later = new Set(passes[p].steps.slice(s + 1).map((item) => item.dataset.node));
    return (id) => !later.has(id);
  };
  const graph = one(".graph svg");
  const nodes = all(".graph .node");
  const seed = one("#seed");

  // ---- what a step shows ----

  function paint(svg, p, s) {
    const { kind, column, steps } = passes[p];
    const isKnown = known(p, s);
    const now = steps[s].dataset;
    const lit = new Set((now.lines ?? "").split(" "));
    svg.dataset.kind = kind;
    for (const node of all(".node", svg)) {
      const id = node.dataset.node;
      node.classList.toggle("lit", id === now.node);
      one(".value", node).classList.toggle("later", kind === "value" && !isKnown(id));
      const found = kind !== "value" && isKnown(id) ? cell(id, column) : null;
      const number = found?.dataset.short ?? found?.textContent;
      const derivative = one(".derivative", node);
      if (derivative) derivative.textContent = number ? `${found.dataset.name} = ${number}` : "";
    }
    for (const line of all(".line", svg)) line.classList.toggle("lit", lit.has(line.dataset.line));
  }

  function fillTable(pass, step) {
    const { kind, column, steps } = passes[pass];
    const isKnown = known(pass, step);
    for (const item of all("#steps-table [data-column]")) {
      const its = item.dataset.column;
      item.hidden = its !== "value" && its !== column;
    }
    for (const [id, row] of rows) {
      row.classList.toggle("lit", id === steps[step].dataset.node);
      for (const item of all("td[data-column]", row)) {
        const isCurrent = item.dataset.column === column;
        item.classList.toggle("later", isCurrent && !isKnown(id));
      }
    }
    one("#steps-table").dataset.kind = kind;
  }

  // A step for those who hear it.
  function spoken(item) {
    const words = { "\u0304": " bar ", "'": " tangent", "·": " times ", "*": " times ", "∂": " partial " };
    const said = all("p", item).map((part) => part.textContent.normalize("NFD"));
    return said.join(". ").replace(/[\u0304'·*∂]/g, (sign) => words[sign]);
  }

  function show(pass, step) {
    const current = passes[pass];
    passes.forEach((other, p) => {
      other.section.hidden = p !== pass;
    });
    current.steps.forEach((item, s) => {
      item.hidden = s !== step;
    });
    if (graph) paint(graph, pass, step);
    fillTable(pass, step);
    for (const button of all("[data-passkind]")) {
      button.setAttribute("aria-pressed", button.dataset.passkind === current.kind);
    }
    if (seed) {
      one("#seeds").hidden = current.kind !== "tangent";
      if (current.kind === "tangent") seed.value = pass;
    }
    const lit = graph && one(".node.lit", graph);
    for (const node of nodes) node.tabIndex = node === (lit ?? nodes[0]) ? 0 : -1;
    if (lit) follow(lit);
    const row = one("tr.lit");
    if (row) follow(row);
    shown = pass;
    return spoken(current.steps[step]);
  }

  let shown = 0;
  const player = makePlayer(
    passes.map((item) => item.steps.length),
    show,
  );
  const passOf = (kind) => passes.findIndex((item) => item.kind === kind);

  // The graph fills its box; where texts became too small to read, the box scrolls instead, unless
  // the reader wants to see the whole graph.
  const LEAST = 0.8;
  const whole = one("#whole");

  function scale() {
    const box = one(".graph");
    const { width, height } = graph.viewBox.baseVal;
    const most = parseFloat(getComputedStyle(box).maxHeight);
    const fit = Math.min(1.15, box.clientWidth / width, (most - 2) / height);
    whole.hidden = fit >= LEAST;
    const isWhole = whole.getAttribute("aria-pressed") === "true";
    const factor = isWhole ? fit : Math.max(fit, LEAST);
    graph.setAttribute("width", width * factor);
    graph.setAttribute("height", height * factor);
  }

  // ---- nodes ----

  function inspect(node) {
    const row = rows.get(node.dataset.node);
    const list = one("#inspected");
    list.replaceChildren();
    for (const item of row ? row.children : []) {
      const [entry, title, said] = ["div", "dt", "dd"].map((name) => document.createElement(name));
      title.textContent = one("#steps-table thead tr").children[item.cellIndex].textContent;
      said.textContent = item.textContent;
      if (said.textContent) entry.append(title, said);
      list.append(entry);
    }
  }

  function stepOf(node) {
    const s = passes[shown].steps.findIndex((item) => item.dataset.node === node.dataset.node);
    if (s >= 0) player.go(shown, s);
  }

  nodes.forEach((node, k) => {
    node.addEventListener("pointerenter", () => inspect(node));
    node.addEventListener("focus", () => inspect(node));
    node.addEventListener("click", () => stepOf(node));
    node.addEventListener("keydown", (event) => {
      const places = { ArrowDown: k + 1, ArrowUp: k - 1 };
      const other = nodes[places[event.key]];
      if (event.key === "Enter" || event.key === " ") stepOf(node);
      else if (other) other.focus();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  });

  for (const row of all("[data-path]")) {
    const lines = new Set(row.dataset.path.split(" "));
    const light = (on) => {
      for (const line of graph ? all(".line", graph) : []) {
        line.classList.toggle("path", on && lines.has(line.dataset.line));
      }
    };
    row.tabIndex = 0;
    for (const name of ["pointerenter", "focus"]) row.addEventListener(name, () => light(true));
    for (const name of ["pointerleave", "blur"]) row.addEventListener(name, () => light(false));
  }

  if (seed) seed.addEventListener("change", () => player.go(Number(seed.value), 0));
  for (const button of all("[data-passkind]")) {
    button.addEventListener("click", () => player.go(passOf(button.dataset.passkind), 0));
  }

  // ---- print: a numbered frame a step ----

  function frames() {
    const box = document.createElement("div");
    const total = passes.reduce((sum, item) => sum + item.steps.length, 0);
    let number = 0;
    const { width, height } = graph?.viewBox.baseVal ?? { width: 0, height: 0 };
    box.className = width > 900 || height > 480 ? "frames large" : "frames"; // else two on a page
    passes.forEach((item, p) => {
      item.steps.forEach((words, s) => {
        const frame = document.createElement("section");
        const title = document.createElement("h2");
        number += 1;
        title.textContent = `${number} of ${total} · ${item.title}`;
        const text = words.cloneNode(true);
        text.hidden = false;
        frame.append(title, text);
        if (graph) {
          const drawn = graph.cloneNode(true);
          paint(drawn, p, s);
          frame.append(drawn);
        }
        box.append(frame);
      });
    });
    return box;
  }

  window.addEventListener("beforeprint", () => {
    if (!one(".frames")) one("main").after(frames());
  });
  window.addEventListener("afterprint", () => one(".frames")?.remove());

  if (graph) {
    whole.addEventListener("click", () => {
      whole.setAttribute("aria-pressed", whole.getAttribute("aria-pressed") !== "true");
      scale();
    });
    new ResizeObserver(scale).observe(one(".graph"));
    scale();
  }
  player.go(0, 0);
})();
