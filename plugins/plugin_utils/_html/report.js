// Copyright (c) 2026, The epinio.registries contributors. SPDX-License-Identifier: GPL-3.0-or-later
// Filter and sort, nothing else: all content is in the markup.
(() => {
  "use strict";
  const table = document.getElementById("destinations");
  const filter = document.getElementById("filter");
  const show = document.getElementById("show");
  const shown = document.getElementById("shown");
  if (!table) return;
  const bodies = Array.from(table.tBodies);
  const texts = new Map();
  const textOf = (body) => {
    if (!texts.has(body)) texts.set(body, body.textContent.toLowerCase());
    return texts.get(body);
  };
  const apply = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const body of bodies) {
      const wanted = show.value === "all" || body.className !== "good";
      body.hidden = !(wanted && words.every((word) => textOf(body).includes(word)));
      count += body.hidden ? 0 : 1;
    }
    shown.value = `${count.toLocaleString("en")} of ${bodies.length.toLocaleString("en")} rows`;
  };
  const order = new Intl.Collator("en", { numeric: true });
  const valueOf = (body, column) => {
    const cell = body.rows[0].cells[column];
    return cell === undefined ? "" : cell.dataset.s || cell.textContent.trim();
  };
  const sort = (heading, column) => {
    const up = heading.getAttribute("aria-sort") !== "ascending";
    for (const other of heading.parentNode.cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", up ? "ascending" : "descending");
    const keyed = bodies.map((body) => [valueOf(body, column), body]);
    keyed.sort((a, b) => (up ? 1 : -1) * order.compare(a[0], b[0]));
    table.append(...keyed.map((pair) => pair[1]));
  };
  for (const [column, heading] of Array.from(table.tHead.rows[0].cells).entries()) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    button.addEventListener("click", () => sort(heading, column));
    heading.replaceChildren(button);
  }
  filter.addEventListener("input", apply);
  show.addEventListener("change", apply);
  document.getElementById("controls").hidden = false;
  apply();
  // What is folded in is printed, too.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = Array.from(document.querySelectorAll("details:not([open])"));
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
  });
})();
