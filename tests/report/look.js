// What a person would notice: text that is faint, small or cut, pictures without a name, a page that has to be pushed
// sideways. Text inside a picture that is named counts as part of it.
function channels(colour) {
  const numbers = colour.match(/[\d.]+/g).map(Number);
  return { rgb: numbers.slice(0, 3), alpha: numbers.length > 3 ? numbers[3] : 1 };
}

function luminance(rgb) {
  const linear = rgb.map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

function behind(window, element) {
  for (let e = element; e; e = e.parentElement) {
    const { rgb, alpha } = channels(window.getComputedStyle(e).backgroundColor);
    if (alpha > 0.99) return rgb;
  }
  return [255, 255, 255];
}

function look(frame) {
  const window = frame.contentWindow;
  const document = frame.contentDocument;
  const root = document.documentElement;
  const found = {
    width: window.innerWidth,
    height: root.scrollHeight,
    overflow: Math.max(0, root.scrollWidth - root.clientWidth),
    dark: window.matchMedia("(prefers-color-scheme: dark)").matches,
    scripts: document.scripts.length,
    title: document.title,
    lang: root.lang,
    sections: document.querySelectorAll("main > section").length,
    wide: [], unnamed: [], faint: [], small: [], cut: [], strange: [], doubled: [], broken: [], silent: [],
  };
  const note = (list, element) => list.length < 5 && list.push(element.outerHTML.slice(0, 160));
  for (const svg of document.querySelectorAll("svg")) {
    const named = svg.closest("[role=img][aria-label]");
    if (!named && svg.getAttribute("aria-hidden") !== "true") note(found.unnamed, svg);
  }
  for (const element of document.querySelectorAll("body *")) {
    if (element.getBoundingClientRect().right > root.clientWidth + 1 && !element.closest(".scroll, .pipeline, svg")) {
      note(found.wide, element);
    }
  }
  // A box that scrolls shows that it does.
  for (const box of document.querySelectorAll(".scroll")) {
    const style = window.getComputedStyle(box);
    if (style.overflowX !== "auto" || !style.backgroundImage.includes("gradient")) note(found.silent, box);
  }
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  found.doubled = ids.filter((id, n) => ids.indexOf(id) !== n);
  for (const link of document.querySelectorAll("a")) {
    if (!document.getElementById(link.getAttribute("href").slice(1))) note(found.strange, link);
  }
  const walker = document.createTreeWalker(document.body || root, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const element = text.parentElement;
    if (!text.data.trim() || element.closest("script, style, .hidden")) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const box = range.getBoundingClientRect();
    if (box.width === 0) continue;
    for (const word of text.data.matchAll(/[^\s-]+/g)) {
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map((rect) => Math.round(rect.top)));
      if (lines.size > 1 && element.closest("table")) note(found.broken, element);
    }
    const style = window.getComputedStyle(element);
    const svg = element.ownerSVGElement;
    const scale = svg && svg.viewBox.baseVal.width ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
    if (parseFloat(style.fontSize) * scale < 10.5) note(found.small, element);
    const colour = channels(svg ? style.fill : style.color);
    if (contrast(colour.rgb, behind(window, element)) < 4.5) note(found.faint, element);
    // Beyond the right edge and not in a box that scrolls or cuts on purpose.
    if (box.right > root.clientWidth + 1 && !element.closest(".scroll, .pipeline")) note(found.cut, element);
  }
  return found;
}

window.onload = () => {
  const found = [...document.querySelectorAll("iframe")].map(look);
  document.body.textContent = `FOUND${JSON.stringify(found)}FOUND`;
};
