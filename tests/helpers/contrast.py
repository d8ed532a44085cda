"""Contrast and wrapping of the text on a page, as a browser has drawn it."""

# For each text inside the element: its contrast with what lies behind it, after WCAG 2; the smallest first.
CONTRASTS = """(root) => {
  const parse = (text) => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const over = (top, below) => Object.fromEntries(
    ["r", "g", "b"].map((key) => [key, top[key] * top.a + below[key] * (1 - top.a)]).concat([["a", 1]]));
  const behind = (element) => {
    if (!element) return { r: 255, g: 255, b: 255, a: 1 };
    const own = parse(getComputedStyle(element).backgroundColor);
    return own.a === 1 ? own : over(own, behind(element.parentElement));
  };
  const linear = (value) => value <= 10.3 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const light = ({ r, g, b }) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const found = [];
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const words = texts.currentNode.data.trim();
    if (!words) continue;
    const element = texts.currentNode.parentElement;
    const background = behind(element);
    const ink = over(parse(getComputedStyle(element).color), background);
    const both = [light(background), light(ink)].sort((a, b) => b - a);
    found.push([(both[0] + 0.05) / (both[1] + 0.05), words]);
  }
  return found.sort((a, b) => a[0] - b[0]);
}"""

# The words inside the element that are drawn on more than one line.
BROKEN_WORDS = """(root) => {
  const broken = [];
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    for (const { 0: word, index } of texts.currentNode.data.matchAll(/[\\p{L}\\p{N}]+/gu)) {
      const range = document.createRange();
      range.setStart(texts.currentNode, index);
      range.setEnd(texts.currentNode, index + word.length);
      if (new Set([...range.getClientRects()].map(({ top }) => top)).size > 1) broken.push(word);
    }
  }
  return broken;
}"""
