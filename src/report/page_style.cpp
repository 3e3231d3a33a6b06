#include "report/page_style.h"

namespace bitloom::report {

std::string_view style_sheet() {
  return R"css(
:root {
  color-scheme: light dark;
  --page: #f6f6f3; --surface: #ffffff; --ink: #1b1f24; --muted: #59626e; --line: #dcdedb; --ground: #ebece8;
  --accent: #1d5ca6; --second: #b1500a; --third: #4a5361; --on-fill: #ffffff;
  --good: #0a6a4e; --bad: #b02a1f; --good-soft: #e6f3ec; --bad-soft: #fcebe8; --none-soft: #efefec; --shade: rgb(20 24 30 / 0.22);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #13161a; --surface: #1b1f24; --ink: #e7e9ec; --muted: #a2abb7; --line: #333a43; --ground: #2a3038;
    --accent: #7fb3ee; --second: #eca15c; --third: #b4bdc9; --on-fill: #10141a;
    --good: #63cfa7; --bad: #ff9288; --good-soft: #16302a; --bad-soft: #3b211f; --none-soft: #22272d; --shade: rgb(0 0 0 / 0.6);
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 "Inter", "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Lato", Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: break-word;
}
main { max-width: 1152px; margin: 0 auto; padding: 40px 24px 64px; }
h1, h2, h3, p, ul, dl, figure, pre { margin: 0; padding: 0; }
ul { list-style: none; }
h1 { font-size: 40px; line-height: 1.15; letter-spacing: -0.02em; font-weight: 700; unicode-bidi: isolate; }
h2 { font-size: 22px; line-height: 1.3; letter-spacing: -0.01em; font-weight: 650; margin-bottom: 8px; }
h3 { font-size: 16px; line-height: 1.4; font-weight: 650; margin: 28px 0 6px; }
code, pre { font: 13px/1.55 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
td, th, dd, strong, code { unicode-bidi: isolate; }
section { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 28px; margin-top: 24px; }
section > p { max-width: 76ch; color: var(--muted); margin-bottom: 14px; }
section > h2 + h3 { margin-top: 12px; }
section > p.failed { color: var(--bad); font-weight: 600; }
section > p.caption, .caption { font-size: 14px; margin: 10px 0 0; color: var(--muted); }
section > p.source, section > p.absent { margin: 12px 0 0; max-width: none; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.eyebrow { font-size: 13px; font-weight: 600; letter-spacing: 0.04em; color: var(--accent); margin-bottom: 4px; }
.request { font-size: 18px; color: var(--muted); margin-top: 8px; }
.request strong { color: var(--ink); font-weight: 600; }

.verdict { margin-top: 24px; border-radius: 10px; border: 1px solid var(--line); background: var(--surface); overflow: hidden; }
.verdict-line { padding: 14px 24px; font-size: 18px; font-weight: 650; }
.stopped { padding: 14px 24px 0; font-size: 15px; }
.verdict.passed > .verdict-line { background: var(--good-soft); color: var(--good); }
.verdict.failed { border-color: var(--bad); }
.verdict.failed > .verdict-line { background: var(--bad-soft); color: var(--bad); }
.verdict.not-run > .verdict-line { background: var(--none-soft); color: var(--muted); }
.checks { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 4px 20px; padding: 16px 24px 18px; }
.checks li { display: flex; gap: 8px; font-size: 14px; line-height: 1.45; min-width: 0; }
.checks .sign { font-weight: 700; width: 1.1em; flex: none; }
.checks strong { display: block; font-weight: 600; }
.checks .check { min-width: 0; }
.checks .detail { color: var(--muted); }
.checks .passed .sign { color: var(--good); }
.checks .failed .sign, .checks .failed strong { color: var(--bad); }
.checks .not-run .sign, .checks .not-run strong { color: var(--muted); }

.cards { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 16px; margin-top: 24px; }
.card {
  background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 18px 20px 16px;
  display: flex; flex-direction: column; min-width: 0;
}
.card.failed { border-color: var(--bad); box-shadow: inset 0 3px 0 var(--bad); }
.card h3 { margin: 0; font-size: 14px; font-weight: 600; color: var(--muted); }
.card .figure { font-size: 32px; line-height: 1.25; font-weight: 650; letter-spacing: -0.015em; }
.card .unit { font-size: 17px; font-weight: 500; letter-spacing: 0; color: var(--muted); }
.card .note { font-size: 14px; line-height: 1.4; color: var(--ink); margin-bottom: 10px; }
.card .note.failed { color: var(--bad); font-weight: 600; }
.card.absent .figure { color: var(--muted); }
.source { font-size: 13px; line-height: 1.45; }
.card .source { margin-top: auto; padding-top: 2px; }

.origin { font-size: 13px; line-height: 1.45; color: var(--muted); }
.origin .kind { font-weight: 600; color: var(--ink); white-space: nowrap; }
.origin .kind::before {
  content: ""; display: inline-block; width: 8px; height: 8px; margin-right: 6px; border: 2px solid var(--accent);
  border-radius: 50%; background: var(--accent);
}
.origin.simulated .kind::before { background: linear-gradient(90deg, var(--accent) 50%, transparent 50%); }
.origin.synthesized .kind::before { border-radius: 1px; }
.origin.estimated .kind::before { background: none; }
.origin.not-run .kind::before { height: 0; border-width: 1px; border-color: var(--muted); border-radius: 0; vertical-align: 3px; }
.origin + .origin { margin-left: 18px; }

nav { margin-top: 24px; font-size: 15px; display: flex; flex-wrap: wrap; gap: 4px 20px; }
a { color: var(--accent); text-underline-offset: 3px; text-decoration-thickness: 1px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }

/* Shadows at the ends that can be scrolled to, covered by the surface's own colour where there is nothing more. */
.scroll {
  overflow-x: auto;
  background:
    linear-gradient(90deg, var(--surface) 40%, transparent) left / 40px 100% no-repeat local,
    linear-gradient(270deg, var(--surface) 40%, transparent) right / 40px 100% no-repeat local,
    linear-gradient(90deg, var(--shade), transparent) left / 14px 100% no-repeat scroll,
    linear-gradient(270deg, var(--shade), transparent) right / 14px 100% no-repeat scroll;
}
table { border-collapse: collapse; width: 100%; font-size: 14px; line-height: 1.4; }
caption { text-align: left; position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td {
  text-align: left; padding: 7px 24px 7px 0; border-bottom: 1px solid var(--line); vertical-align: middle;
  white-space: nowrap; font-weight: 400;
}
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--muted); font-size: 13px; font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 600; }
tfoot th, tfoot td { font-weight: 600; border-bottom: 0; }
table.narrow { width: auto; min-width: min(100%, 460px); }
.number { text-align: right; }
.none { color: var(--muted); }
.over { color: var(--bad); font-weight: 600; }
tr.slowest th, tr.chosen th { color: var(--accent); }
.share { display: flex; align-items: center; gap: 10px; min-width: 150px; }
.share .of { width: 3.6em; text-align: right; }
.bars { display: grid; gap: 3px; min-width: 200px; }
.bar { display: block; width: 100%; min-width: 90px; height: 9px; flex: 1; border-radius: 2px; }
.bar .ground { fill: var(--ground); }
.bar .fill { fill: var(--third); }
.bar .slowest, #size .bar .fill, #resources .bar .fill { fill: var(--accent); }
#size .bar .other { fill: var(--third); fill-opacity: 0.55; }
#resources .bar .estimated { fill: var(--third); fill-opacity: 0.6; }
#resources .bar .over { fill: var(--bad); }

.charts { display: grid; gap: 28px 36px; align-items: start; }
.charts.two { grid-template-columns: repeat(2, minmax(0, 1fr)); }
.charts.matrices { grid-template-columns: repeat(3, minmax(0, 1fr)); margin-bottom: 18px; }
.chart { display: block; width: 100%; height: auto; overflow: visible; font-size: 12px; }
.chart.matrix { max-width: 420px; }
.chart.wide { min-width: 860px; }
.chart.single { max-width: 640px; }
.chart text { fill: var(--ink); }
.chart text.tick { fill: var(--muted); font-size: 11.5px; }
.chart text.strong { font-weight: 600; font-size: 13px; }
.chart .grid { stroke: var(--line); stroke-width: 1; }
.chart .axis { stroke: var(--muted); stroke-width: 1; }
.chart .mark { stroke: var(--muted); stroke-width: 1; stroke-dasharray: 2 3; }
.chart .span { stroke: var(--ink); stroke-width: 1.25; }
.chart polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
.chart .dashed { stroke-dasharray: 6 4; }
.chart .series-0 { stroke: var(--second); }
.chart .series-1 { stroke: var(--accent); }
.chart .point-0 { fill: var(--second); }
.chart .point-1 { fill: var(--accent); }
.chart text.name-0 { fill: var(--second); font-weight: 600; }
.chart text.name-1 { fill: var(--accent); font-weight: 600; }
.chart .image-0 { fill: var(--accent); }
.chart .image-1 { fill: var(--second); }
.chart .image-2 { fill: var(--third); }
.chart text.on-bar { fill: var(--on-fill); font-size: 11px; font-weight: 600; }
.cell.none { fill: var(--ground); fill-opacity: 0.6; }
.cell.right { fill: var(--accent); }
.cell.wrong { fill: var(--second); }
.cell.s1 { fill-opacity: 0.12; } .cell.s2 { fill-opacity: 0.18; } .cell.s3 { fill-opacity: 0.24; }
.cell.s4 { fill-opacity: 0.3; } .cell.s5 { fill-opacity: 0.36; }
.cell.s6 { fill-opacity: 0.42; } .cell.s7 { fill-opacity: 0.86; } .cell.s8 { fill-opacity: 0.9; } .cell.s9 { fill-opacity: 0.95; }
.chart text.count { fill: var(--ink); fill-opacity: 1; font-size: 10.5px; pointer-events: none; }
.chart text.count:is(.s7, .s8, .s9, .s10) { fill: var(--on-fill); }

.mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 20px; }
.mistake { font-size: 13px; line-height: 1.45; min-width: 0; }
.mistake img {
  display: block; width: 96px; height: 96px; object-fit: contain; image-rendering: pixelated;
  background: var(--ground); border-radius: 4px;
}
.mistake figcaption { margin-top: 6px; }
.mistake .index { color: var(--muted); }
.mistake dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 8px; }
.mistake dt { color: var(--muted); }
.mistake dd { margin: 0; }
.mistake .good { color: var(--good); }
.mistake .bad { color: var(--bad); }

.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 20px; font-size: 15px; }
.facts dt { color: var(--muted); }
.facts dd { margin: 0; }
pre { background: var(--page); border: 1px solid var(--line); border-radius: 6px; padding: 12px 16px; overflow-x: auto; tab-size: 2; }
.digest { font-size: 12px; }
footer { margin-top: 28px; font-size: 14px; color: var(--muted); }
#tip {
  position: fixed; z-index: 2; pointer-events: none; max-width: 320px; padding: 4px 10px; border-radius: 5px;
  background: var(--ink); color: var(--page); font-size: 13px; line-height: 1.4;
}

@media (max-width: 1000px) {
  .cards, .charts.matrices { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
@media (max-width: 720px) {
  main { padding: 24px 14px 40px; }
  h1 { font-size: 30px; }
  section { padding: 20px 16px; }
  .verdict-line, .stopped, .checks { padding-left: 16px; padding-right: 16px; }
  .charts.two, .charts.matrices { grid-template-columns: minmax(0, 1fr); }
  .chart:not(.wide):not(.matrix) text { font-size: 16px; }
  .chart:not(.wide):not(.matrix) text.tick { font-size: 15px; }
  .origin + .origin { margin-left: 0; display: block; }
  .facts { grid-template-columns: minmax(0, 1fr); }
  .facts dd { margin-bottom: 6px; }
}
@media (max-width: 480px) {
  .cards { gap: 10px; }
  .card { padding: 14px 14px 12px; }
  .card .figure { font-size: 26px; }
  .card .unit { font-size: 15px; }
}
@media print {
  :root {
    --page: #ffffff; --surface: #ffffff; --ink: #000000; --muted: #444b55; --line: #c8cac8; --ground: #e8e9e5;
    --accent: #1d5ca6; --second: #b1500a; --third: #4a5361; --on-fill: #ffffff; --good: #0a6a4e; --bad: #b02a1f;
  }
  @page { margin: 14mm; }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  nav, #tip { display: none; }
  section { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: 14px 0 0; }
  h2, h3 { break-after: avoid; }
  .card, .verdict, .chart, .mistake, tr { break-inside: avoid; }
  .cards { grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 8px; }
  .card { padding: 10px 12px; }
  .card .figure { font-size: 18pt; }
  .charts.two { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .charts.matrices { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 14px; }
  .scroll { overflow: visible; background: none; }
  .chart.wide { min-width: 0; }
  table, thead th { font-size: 8pt; }
  th, td { padding-right: 8px; white-space: normal; }
  .share, .bars { min-width: 60px; }
  .bar { min-width: 40px; }
  pre { white-space: pre-wrap; }
  .digest { font-size: 6pt; }
}
)css";
}

std::string_view hover_script() {
  return R"js(
(function () {
  var tip = document.createElement('div');
  tip.id = 'tip';
  tip.hidden = true;
  tip.setAttribute('aria-hidden', 'true');
  document.body.appendChild(tip);
  document.querySelectorAll('svg.chart > * > title').forEach(function (title) {
    title.parentNode.tip = title.textContent;
    title.remove();
  });
  document.querySelectorAll('svg.chart > title').forEach(function (title) { title.remove(); });
  document.addEventListener('pointermove', show);
  document.addEventListener('pointerdown', show);
  document.addEventListener('scroll', function () { tip.hidden = true; }, true);
  function show(event) {
    tip.hidden = !event.target.tip;
    if (tip.hidden) return;
    tip.textContent = event.target.tip;
    var x = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
    var y = event.clientY + 18 + tip.offsetHeight > innerHeight ? event.clientY - tip.offsetHeight - 12 : event.clientY + 18;
    tip.style.left = Math.max(8, x) + 'px';
    tip.style.top = y + 'px';
  }
})();
)js";
}

}  // namespace bitloom::report
