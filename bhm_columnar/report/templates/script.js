"use strict";
(() => {
  const all = (query, within = document) => [...within.querySelectorAll(query)];

  // tables: a click on a heading sorts by its column, another one turns the order round
  const key = (row, column) => {
    const cell = row.cells[column];
    const text = cell.textContent.trim();
    if (cell.dataset.sort !== undefined) return Number(cell.dataset.sort);
    return text === "–" ? null : text;
  };
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true }));
  for (const button of all("thead button")) {
    button.addEventListener("click", () => {
      const head = button.closest("th");
      const body = button.closest("table").tBodies[0];
      const column = head.cellIndex;
      const rising = head.getAttribute("aria-sort") !== "ascending";
      for (const other of head.parentElement.cells) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", rising ? "ascending" : "descending");
      const rows = [...body.rows].map((row) => [key(row, column), row]);
      rows.sort(([a], [b]) => {
        if (a === null || b === null) return (a === null) - (b === null); // what is not known stays last
        return rising ? compare(a, b) : compare(b, a);
      });
      body.append(...rows.map(([, row]) => row));
    });
  }

  // channels: one panel at a time, chosen on the map, in a table, or by the buttons; in print all of them
  const panels = all(".panel");
  const units = all("a.unit");
  let shown = 0;
  const show = (place, focus) => {
    shown = (place + panels.length) % panels.length;
    panels.forEach((panel, k) => { panel.hidden = k !== shown; });
    for (const unit of units) {
      if (panels[shown].id === `channel-${unit.dataset.channel}`) unit.setAttribute("aria-current", "true");
      else unit.removeAttribute("aria-current");
    }
    if (focus) panels[shown].focus({ preventScroll: true });
    if (focus) panels[shown].scrollIntoView({ block: "nearest" });
  };
  const find = (hash) => panels.findIndex((panel) => `#${panel.id}` === hash);
  if (panels.length) {
    show(Math.max(0, find(location.hash)), false);
    for (const link of all("a[href^='#channel-']")) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        show(find(link.getAttribute("href")), true);
      });
    }
    for (const button of all("[data-step]")) {
      button.addEventListener("click", () => show(shown + Number(button.dataset.step), false));
    }
  }

  // figures: large in a dialog
  const zoom = document.getElementById("zoom");
  const pictures = all(".gallery button");
  if (zoom && pictures.length) {
    const large = zoom.querySelector("img");
    let open = 0;
    const turn = (place) => {
      open = (place + pictures.length) % pictures.length;
      const small = pictures[open].querySelector("img");
      large.src = small.src;
      large.alt = small.alt;
      document.getElementById("zoom-text").textContent = `${small.alt} (${open + 1} of ${pictures.length})`;
    };
    pictures.forEach((button, k) => button.addEventListener("click", () => { turn(k); zoom.showModal(); }));
    zoom.addEventListener("keydown", (event) => {
      if (event.key === "ArrowRight") turn(open + 1);
      if (event.key === "ArrowLeft") turn(open - 1);
    });
    for (const button of all("[data-turn]", zoom)) {
      const step = Number(button.dataset.turn);
      button.addEventListener("click", () => (step ? turn(open + step) : zoom.close()));
    }
    zoom.addEventListener("click", (event) => { if (event.target === zoom) zoom.close(); });
  }
})();
