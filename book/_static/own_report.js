// The form for one's own report: what is typed becomes YAML, as resnet_labs/reports/audit/written.py writes it.
const fields = [...document.querySelectorAll("#own-report input")];
const target = document.getElementById("own-report-text");

function asYaml() {
  const lines = ['id: "my-report"', 'title: "My report"', "experiments:", '  "mine":'];
  let open = [];
  for (const field of fields) {
    const typed = field.value.trim();
    if (!typed) continue;
    const above = field.dataset.place.split(".");
    const key = above.pop();
    above.forEach((each, depth) => {
      if (open[depth] !== each) {
        open = [...above.slice(0, depth), each];
        lines.push(`${"  ".repeat(depth + 2)}${each}:`);
      }
    });
    open = open.slice(0, above.length);
    const shown = { text: JSON.stringify(typed), list: `[${typed}]` }[field.dataset.kind] ?? typed;
    lines.push(`${"  ".repeat(above.length + 2)}${key}: ${shown}`);
  }
  return lines.join("\n");
}

function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${target.value}\n`], { type: "text/yaml" }));
  link.download = "my-report.yaml";
  link.click();
  URL.revokeObjectURL(link.href);
}

if (target) {
  const show = () => { target.value = asYaml(); };
  document.getElementById("own-report").addEventListener("input", show);
  document.getElementById("own-report").addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("own-report-save").addEventListener("click", save);
  show();
}
