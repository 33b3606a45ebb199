// A table that is wider than the window becomes a list of cards: a card for each row, a line for each cell, with the
// title of its column.
const tables = [...document.querySelectorAll("article table.docutils")];

for (const table of tables) {
  const titles = [...table.querySelectorAll("thead th")].map((cell) => cell.textContent.trim());
  for (const row of table.tBodies[0].rows) {
    [...row.cells].forEach((cell, i) => {
      cell.dataset.title = titles[i] ?? "";
    });
  }
}

function fit() {
  for (const table of tables) {
    table.classList.remove("cards");
    table.classList.toggle("cards", table.scrollWidth > table.parentElement.clientWidth + 1);
  }
}

fit();
window.addEventListener("load", fit); // fonts and formulas have their sizes now
window.addEventListener("resize", fit);
