/* The names of the lines of a curve, with their dashes and markers. */

const HOLLOW_SIGNS = "○□△◇▽"; // the markers as text

function legendItems(lines) {
  return lines.map(({ name }, k) => {
    const sign = element("span", { "aria-hidden": "true" });
    const dash = `stroke-dasharray="${DASHES[k % DASHES.length]}"`;
    const line = `<path d="M0 4h36" stroke="currentColor" stroke-width="2" ${dash}/>`;
    sign.innerHTML = `<svg width="36" height="8">${line}</svg> ${HOLLOW_SIGNS[k % HOLLOW_SIGNS.length]}`;
    return element("li", {}, [sign, ` ${name}`]);
  });
}
