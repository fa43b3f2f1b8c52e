"use strict";
// Sorts the tables: a heading's button sorts by its column, once more turns the order.
// Cells without a value (not measured) stay last in either direction; equal ones keep their order.
(() => {
  const said = document.getElementById("sorted");

  const compare = (a, b, numeric) =>
    numeric ? Number(a) - Number(b) : a.localeCompare(b, "en", { numeric: true });

  const sort = (heading, index) => {
    const table = heading.closest("table");
    const up = heading.getAttribute("aria-sort") !== "ascending";
    const numeric = heading.classList.contains("number");
    const value = (row) => row.cells[index].dataset.value;
    const rows = [...table.tBodies[0].rows];
    rows.sort((first, second) => {
      const a = value(first), b = value(second);
      if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
      return (up ? 1 : -1) * compare(a, b, numeric);
    });
    table.tBodies[0].append(...rows);
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", up ? "ascending" : "descending");
    said.textContent = `Sorted by ${heading.textContent.trim()}, ${up ? "rising" : "falling"}.`;
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((heading, index) => {
      heading.querySelector("button").addEventListener("click", () => sort(heading, index));
    });
  }

  // What is folded would be missing on paper.
  const folded = [];
  addEventListener("beforeprint", () => {
    for (const one of document.querySelectorAll("details:not([open])")) {
      one.open = true;
      folded.push(one);
    }
  });
  addEventListener("afterprint", () => {
    for (const one of folded.splice(0)) one.open = false;
  });
})();
