// What scrolls sideways can be scrolled from the keyboard; the theme sees to code and outputs alone.
function letScroll() {
  for (const part of document.querySelectorAll(".bd-article :is(table, div, p)")) {
    const scrolls = part.scrollWidth > part.clientWidth && /auto|scroll/.test(getComputedStyle(part).overflowX);
    if (scrolls && !part.hasAttribute("tabindex")) part.tabIndex = 0;
  }
}
addEventListener("load", letScroll);
addEventListener("resize", letScroll);
