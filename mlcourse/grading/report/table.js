// Sort, filter and search the tables of the instructor's pages. Without this script they are complete, but fixed.

for (const table of document.querySelectorAll("table[data-sortable]")) {
  makeSortable(table);
}
for (const controls of document.querySelectorAll("[data-controls]")) {
  makeFilters(controls, document.getElementById(controls.dataset.controls));
}

/** Turn each head of a column into a button that sorts by it: first the way that is wanted more often. */
function makeSortable(table) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const collator = new Intl.Collator(undefined, { numeric: true });
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const rows = [...body.rows].map((row) => [keyOf(row.cells[column]), row]);
      const numbers = rows.some(([key]) => typeof key === "number");
      const before = head.getAttribute("aria-sort");
      const ascending = before ? before === "descending" : !numbers;
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      rows.sort(([one], [other]) => compare(one, other, ascending, collator));
      body.append(...rows.map(([, row]) => row));
    });
  });
}

/** The number that a cell begins with, or its text. */
function keyOf(cell) {
  const text = cell.textContent.trim();
  return /^-?\d+(\.\d+)?( |$)/.test(text) ? Number.parseFloat(text) : text;
}

/** Compare two keys. Words and blanks come after all numbers, in both directions. */
function compare(one, other, ascending, collator) {
  if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
  const difference = typeof one === "number" ? one - other : collator.compare(one, other);
  return ascending ? difference : -difference;
}

/** Show the search and the filters of a table, and hide the rows that do not fit. */
function makeFilters(controls, table) {
  const search = controls.querySelector("input");
  const group = controls.querySelector("[data-filter=group]");
  const status = controls.querySelector("[data-filter=is]");
  const rows = [...table.tBodies[0].rows].map((row) => ({
    row,
    text: plain(`${row.cells[0].textContent} ${row.dataset.search ?? ""}`),
    group: group ? row.cells[1].textContent : "",
    is: (row.dataset.is ?? "").split(" "),
  }));
  const update = () => {
    const words = plain(search.value).split(" ").filter(Boolean);
    let shown = 0;
    for (const { row, text, group: own, is } of rows) {
      const fits =
        words.every((word) => text.includes(word)) &&
        (!group?.value || own === group.value) &&
        (!status?.value || is.includes(status.value));
      row.hidden = !fits;
      shown += fits;
    }
    controls.querySelector("output").value = `${shown} of ${rows.length}`;
  };
  controls.addEventListener("input", update);
  controls.hidden = false;
  update();
}

/** A text without accents and capitals. */
function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
