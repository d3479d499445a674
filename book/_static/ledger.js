// The ledger's filter. Without JavaScript every claim is shown, and the filter is not.
const filter = document.getElementById("ledger-filter");
const rows = [...document.querySelectorAll("table.ledger tbody tr")];

function apply() {
  const wanted = Object.fromEntries(new FormData(filter));
  const words = wanted.words.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    const fits = ["report", "verdict", "certainty"].every((name) => !wanted[name] || row.dataset[name] === wanted[name]);
    row.hidden = !(fits && words.every((word) => text.includes(word)));
    shown += row.hidden ? 0 : 1;
  }
  document.getElementById("ledger-count").textContent = `${shown} of ${rows.length} claims`;
}

if (filter) {
  filter.hidden = false;
  filter.addEventListener("input", apply);
  filter.addEventListener("submit", (event) => event.preventDefault());
  apply();
}
