"""What keeps people from reading or using a page: rules of WCAG 2.1 A and AA that a script can check.

The rules carry the names that axe-core gives them.
"""

FAULTS = r"""() => {
  const faults = [], all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const seen = (node) => node.checkVisibility({ checkVisibilityCSS: true }) && node.getClientRects().length > 0;
  const silent = (node) => node.closest("[aria-hidden=true]") !== null;
  const told = (node) => `<${node.outerHTML.replace(/\s+/g, " ").slice(1, 110)}`;
  const fault = (rule, node) => faults.push(`${rule}: ${told(node)}`);
  const plain = (text) => (text ?? "").replace(/\s+/g, " ").trim();
  const focusable = "a[href], button, input, select, textarea, summary, [tabindex], audio[controls], video[controls]";

  // What a node is called by its content: text, pictures with a name, no hidden parts.
  const content = (node) => plain([...node.childNodes].map((part) => {
    if (part.nodeType === Node.TEXT_NODE) return part.data;
    if (part.nodeType !== Node.ELEMENT_NODE || part.getAttribute("aria-hidden") === "true" || !seen(part)) return "";
    const drawn = part.tagName === "svg" ? part.querySelector("title")?.textContent : null;
    return part.getAttribute("aria-label") ?? part.getAttribute("alt") ?? drawn ?? content(part);
  }).join(" "));
  const referred = (ids) => plain(ids?.split(/\s+/).map((id) => document.getElementById(id)?.textContent).join(" "));
  const called = (node) => referred(node.getAttribute("aria-labelledby")) || plain(node.getAttribute("aria-label"));
  const name = (node) => called(node) || plain([...(node.labels ?? [])].map(content).join(" "))
    || plain(node.getAttribute("alt")) || (/^(INPUT|SELECT|TEXTAREA)$/.test(node.tagName) ? "" : content(node))
    || plain(node.querySelector?.(":scope > title")?.textContent) || plain(node.getAttribute("title"));

  for (const node of all("a[href], button, summary, [role=button], [role=link]")) {
    if (seen(node) && !silent(node) && !name(node)) fault("button-name, link-name", node);
  }
  for (const node of all("input:not([type=hidden]), select, textarea")) {
    if (seen(node) && !silent(node) && !name(node)) fault("label", node);
  }
  for (const node of all("img:not([alt]), [role=img], canvas")) {
    if (seen(node) && !silent(node) && !name(node)) fault("image-alt", node);
  }
  for (const node of all("button, a[href], summary, [role=button]")) {
    const text = plain(node.innerText).toLowerCase(), label = called(node).toLowerCase();
    if (seen(node) && label && text && !label.includes(text)) fault("label-content-name-mismatch", node);
  }
  for (const node of all("input[type=range], [role=slider]")) {
    if (!plain(node.getAttribute("aria-valuetext"))) fault("slider-valuetext", node);
  }
  const headings = all("h1");
  if (headings.length !== 1) faults.push(`one-h1: ${headings.length} of them`);
  if (!document.documentElement.lang) faults.push("html-has-lang");
  if (!plain(document.title)) faults.push("document-title");
  const ids = new Set();
  for (const node of all("[id]")) ids.has(node.id) ? fault("duplicate-id", node) : ids.add(node.id);
  for (const attribute of ["aria-labelledby", "aria-describedby", "aria-controls", "for"]) {
    for (const node of all(`[${attribute}]`)) {
      const missing = node.getAttribute(attribute).split(/\s+/).filter((id) => id && !document.getElementById(id));
      if (missing.length && seen(node)) fault(`${attribute}-exists`, node);
    }
  }
  for (const node of all(`[aria-hidden=true] :is(${focusable})`)) {
    if (seen(node) && node.tabIndex >= 0) fault("aria-hidden-focus", node);
  }
  for (const node of all(":is(a[href], button, summary) :is(a[href], button, input, select, textarea)")) {
    if (seen(node)) fault("nested-interactive", node);
  }
  for (const node of all("li")) {
    if (!node.closest("ul, ol, menu, [role=list]")) fault("listitem", node);
  }
  for (const node of all(":is([role=directory], [role=doc-biblioentry], [role=doc-endnote])")) {
    fault("aria-deprecated-role", node);
  }
  for (const node of all(":is(ul, ol) > :not(li, script, template)")) fault("list", node);
  for (const node of all("[tabindex]")) if (node.tabIndex > 0) fault("tabindex", node);
  for (const node of all("meta[name=viewport]")) {
    if (/user-scalable\s*=\s*(no|0)|maximum-scale\s*=\s*[01](\.|,|$)/.test(node.content)) fault("meta-viewport", node);
  }
  for (const node of all("main *, dialog *, nav *")) {
    const style = getComputedStyle(node);
    const wide = node.scrollWidth > node.clientWidth + 1 && /auto|scroll/.test(style.overflowX);
    const high = node.scrollHeight > node.clientHeight + 1 && /auto|scroll/.test(style.overflowY);
    if ((wide || high) && seen(node) && node.clientHeight > 0 && !/^(TEXTAREA|SELECT|INPUT)$/.test(node.tagName)
      && node.tabIndex < 0 && !all(focusable, node).some((part) => part.tabIndex >= 0 && seen(part)))
      fault("scrollable-region-focusable", node);
  }

  // Colours: [red, green, blue, alpha], 0 to 1.
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const colour = (text) => {
    if (!known.has(text)) {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = text;
      pen.fillRect(0, 0, 1, 1);
      known.set(text, [...pen.getImageData(0, 0, 1, 1).data].map((value) => value / 255));
    }
    return known.get(text);
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((value, k) => value * a + below[k] * (1 - a)).concat(1);
  const behind = (node) => {
    if (!node) return document.documentElement.dataset.theme === "dark" ? [0, 0, 0, 1] : [1, 1, 1, 1];
    const style = getComputedStyle(node);
    if (style.backgroundImage !== "none") return null;
    const own = colour(style.backgroundColor);
    if (own[3] === 1) return own;
    const below = behind(node.parentElement);
    return below && over(own, below);
  };
  const light = ([r, g, b]) => [r, g, b].map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, k) => sum + value * [0.2126, 0.7152, 0.0722][k], 0);
  const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), checked = new Set();
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!plain(texts.currentNode.data) || checked.has(node) || !seen(node)) continue;
    checked.add(node);
    if (node.closest("script, style, noscript, mjx-container, :disabled")) continue;
    const style = getComputedStyle(node), svg = node.closest("svg");
    const ground = behind(svg ? svg.parentElement : node);
    if (!ground || svg && all("rect", svg).length || parseFloat(style.opacity) === 0) continue;
    const size = parseFloat(style.fontSize), bold = parseInt(style.fontWeight) >= 700;
    const needed = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    const ink = over(colour(svg ? style.fill : style.color), ground);
    if (ratio(ink, ground) < needed - 0.005) fault(`color-contrast ${ratio(ink, ground).toFixed(2)}`, node);
  }
  return faults;
}"""

# A page with one fault of each rule, and the rules in the order in which they are found.
BAD_PAGE = """\
<!DOCTYPE html><html><head><title></title><meta name="viewport" content="user-scalable=no"></head><body><main>
<button></button><input><img src="data:,"><button aria-label="Find">Search</button>
<input type="range" aria-label="depth"><h1>One</h1><h1>Two</h1><p id="twice">a</p><p id="twice">b</p>
<p aria-labelledby="nowhere">c</p><div aria-hidden="true"><a href="#">d</a></div>
<a href="#">e <button>f</button></a><li>g</li><ul><p>h</p></ul><p tabindex="3">i</p>
<div style="overflow:auto; width:50px"><p style="width:500px">wide</p></div><p style="color:#999">pale</p>
<p role="directory">old</p>
</main></body></html>
"""
BAD_RULES = (
    "button-name, link-name",
    "label",
    "image-alt",
    "label-content-name-mismatch",
    "slider-valuetext",
    "one-h1",
    "html-has-lang",
    "document-title",
    "duplicate-id",
    "aria-labelledby-exists",
    "aria-hidden-focus",
    "nested-interactive",
    "listitem",
    "aria-deprecated-role",
    "list",
    "tabindex",
    "meta-viewport",
    "scrollable-region-focusable",
    "color-contrast",
)
