// A table that is wider than the window becomes a list of cards: a card for each row, a cell after the other, each with
// the title of its column.
const tables = [...document.querySelectorAll("article table.docutils")];

for (const table of tables) {
  const titles = [...table.querySelectorAll("thead th")].map((cell) => cell.textContent.trim());
  const cells = [...table.tBodies[0].rows].flatMap((row) => [...row.cells].slice(1));
  table.classList.toggle("short-cells", cells.every((cell) => cell.textContent.length <= 12));
  for (const row of table.tBodies[0].rows) {
    [...row.cells].forEach((cell, i) => {
      cell.dataset.title = titles[i] ?? "";
    });
  }
}

function fit() {
  for (const table of tables) {
    table.classList.remove("cards");
    table.classList.toggle("cards", table.parentElement.scrollWidth > table.parentElement.clientWidth);
  }
}

fit();
window.addEventListener("load", fit); // fonts and formulas have their sizes now
window.addEventListener("resize", fit);
