#pragma once

#include <string_view>

namespace bitloom::report {

/// The JavaScript function probe(page, view): what a reader would see of a document in its window, as a plain object.
inline constexpr std::string_view kProbeFunction = R"js(
const probe = (page, view) => {
  const name = (element) => `${element.tagName}.${element.getAttribute('class') || ''}: ${element.textContent.trim().slice(0, 30)}`;

  // Colours as [red, green, blue, alpha].
  const parse = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const over = (top, ground) => [0, 1, 2].map((i) => top[i] * top[3] + ground[i] * (1 - top[3])).concat(1);
  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (light + 0.05) / (dark + 0.05);
  };
  const style = (element) => view.getComputedStyle(element);
  const paint = (element) => {
    const colour = parse(style(element).fill);
    return [...colour.slice(0, 3), colour[3] * Number(style(element).fillOpacity)];
  };
  const ground = (element) => {
    let layers = [];
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(style(at).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };

  const hidden = (element) => element.closest('.unseen, caption, title, desc, style, script, #tip');
  const words = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  const faint = [];
  for (const element of page.querySelectorAll('body *')) {
    if (!words(element) || hidden(element)) continue;
    let letters, below;
    if (element.tagName === 'text') {
      letters = paint(element);
      below = ground(element.closest('svg'));
      element.scrollIntoView({ behavior: 'instant', block: 'nearest', inline: 'center' });
      const box = element.getBoundingClientRect();
      const stack = page.elementsFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      for (const rect of stack.filter((e) => e.tagName === 'rect').reverse()) below = over(paint(rect), below);
    } else {
      letters = parse(style(element).color);
      below = ground(element);
    }
    const large = parseFloat(style(element).fontSize) >= 24;
    if (contrast(over(letters, below), below) < (large ? 3 : 4.5)) faint.push(name(element));
  }

  // What may be wider than the page lies in a region that scrolls by itself.
  const scrolls = (element) => element.parentElement.closest('.scroll, pre');
  const right = page.documentElement.clientWidth + 0.5;
  const sticks_out = ({ left, right: end }) => end > right || left < -0.5;
  const outside = [...page.querySelectorAll('body *')].filter(
    (e) => !hidden(e) && !scrolls(e) && !e.closest('svg') && sticks_out(e.getBoundingClientRect()));

  const charts = [...page.querySelectorAll('svg.chart')];
  const flat = charts.filter((e) => e.getBoundingClientRect().width < 50 || e.getBoundingClientRect().height < 50);
  const pictures = [...page.images].filter((e) => e.complete && e.naturalWidth > 0);

  const point = page.querySelector('svg circle');
  if (point) point.dispatchEvent(new view.PointerEvent('pointermove', { bubbles: true, clientX: 50, clientY: 50 }));
  const tip = page.getElementById('tip');

  return {
    width: view.innerWidth,
    content_width: page.documentElement.scrollWidth,
    dark: view.matchMedia('(prefers-color-scheme: dark)').matches,
    requests: view.performance.getEntriesByType('resource').map((e) => e.name).filter((url) => !url.startsWith('data:')),
    outside: outside.map(name),
    faint: faint,
    flat: flat.map(name),
    charts: charts.length,
    pictures: pictures.length,
    tip: tip && !tip.hidden ? tip.textContent : '',
    broken: Boolean(view.broken),
  };
};
)js";

/// Runs in a page that shows a report in a frame, and writes what probe finds there as JSON into #found.
inline constexpr std::string_view kProbeScript = R"js(
addEventListener('load', () => {
  const frame = document.querySelector('iframe');
  const found = probe(frame.contentDocument, frame.contentWindow);
  document.getElementById('found').textContent = JSON.stringify(found).replace(/[<>&]/g, '?');
});
)js";

}  // namespace bitloom::report
