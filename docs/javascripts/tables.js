// On a phone a row of a table becomes a paragraph: each cell carries the heading of its column.
for (const table of document.querySelectorAll(".md-typeset table:not([class])")) {
  const headings = [...table.querySelectorAll("th")].map((heading) => heading.textContent);
  if (headings.length < 3) continue;
  for (const row of table.querySelectorAll("tbody tr")) {
    [...row.cells].forEach((cell, column) => {
      if (column === 0) return;
      cell.dataset.label = headings[column];
      cell.classList.toggle("check", cell.textContent === "✓");
    });
  }
}
