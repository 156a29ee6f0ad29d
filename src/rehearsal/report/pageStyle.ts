/** How the report's page looks, by day and by night. */
export const pageStyle = `
:root { color-scheme: light dark; --ink: #1a2230; --soft: #5b6678; --line: #dde2ea; --ground: #f6f7f9; --card: #fff; --good: #17803d; --bad: #cf2f2f; --warn: #9a6700; --v0: #8b98ac; --v1: #2f6fde; --v2: #0f9d8f; --v3: #b7791f; --fail: #e03131; --accent: #2f6fde; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf1; --soft: #98a3b5; --line: #2c3442; --ground: #12161d; --card: #1a2029; --good: #4ac26b; --bad: #ff6b6b; --warn: #e3b341; --v0: #7d8aa0; --v1: #5b93ff; --v2: #35c7b8; --v3: #e0a94a; --fail: #ff6b6b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 28px 20px 80px; }
h1 { font-size: 26px; margin: 0; } h2 { font-size: 18px; margin: 34px 0 10px; } h3 { font-size: 15px; margin: 0 0 6px; }
.when, .hint { color: var(--soft); margin: 4px 0 12px; font-size: 13px; }
.verdict { margin: 16px 0; padding: 12px 16px; border-radius: 8px; background: var(--card); border: 1px solid var(--line); border-left: 5px solid var(--good); }
.verdict.bad { border-left-color: var(--bad); } .verdict.warn { border-left-color: var(--warn); }
.verdict strong { font-size: 18px; } .verdict span { color: var(--soft); margin-left: 8px; } .verdict ul { margin: 6px 0 0; padding-left: 18px; }
li.good { color: var(--good); } li.bad { color: var(--bad); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); gap: 10px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; display: flex; flex-direction: column; }
.tile b { font-size: 22px; line-height: 1.2; } .tile span { color: var(--ink); font-size: 13px; } .tile small { color: var(--soft); min-height: 1.4em; }
.charts, .lanes { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 8px 12px; }
svg { display: block; width: 100%; user-select: none; cursor: crosshair; } svg text { fill: var(--soft); font: 11px system-ui, "DejaVu Sans", sans-serif; }
svg { touch-action: pan-y; } svg text.mark { paint-order: stroke; stroke: var(--card); stroke-width: 3px; fill: var(--ink); }
.lanes svg text.pod { fill: var(--ink); }
.legend i { display: inline-block; width: 18px; height: 8px; border-radius: 2px; margin: 0 4px 0 10px; } .legend b { margin: 0 4px 0 10px; }
.k-exists { background: var(--line); } .k-sent { border: 1.5px solid var(--ink); } .k-ready { background: var(--v1); } .k-leaving { background: repeating-linear-gradient(45deg, var(--v0) 0 2px, transparent 2px 5px); } .k-term { color: var(--warn); } .k-exit { color: var(--ink); } .k-fail { color: var(--fail); }
.causes { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 10px; }
.cause { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; } .cause h3 b { color: var(--fail); }
.cause p { margin: 8px 0; font-size: 14px; } .cause ul { margin: 0; padding-left: 18px; color: var(--soft); font-size: 13px; } .cause small { color: var(--soft); }
.bar { height: 5px; background: var(--line); border-radius: 3px; overflow: hidden; } .bar i { display: block; height: 100%; background: var(--fail); }
.fixes { background: var(--card); border: 1px solid var(--line); border-radius: 8px; margin: 0; padding: 14px 16px 4px 36px; } .fixes p { margin: 0 0 8px; color: var(--soft); font-size: 14px; }
pre { background: var(--ground); border: 1px solid var(--line); border-radius: 6px; padding: 10px 12px; overflow: auto; font: 12.5px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }
table { border-collapse: collapse; width: 100%; background: var(--card); border: 1px solid var(--line); border-radius: 8px; font-size: 13.5px; }
th, td { text-align: left; padding: 6px 10px; border-top: 1px solid var(--line); vertical-align: top; } thead tr:first-child th, table > tbody:first-child > tr:first-child > * { border-top: 0; }
.figures th { width: 180px; color: var(--soft); font-weight: 500; } .compare thead th { color: var(--soft); font-weight: 500; }
.compare { margin-top: 16px; }
.scroll { max-height: 420px; overflow: auto; border: 1px solid var(--line); border-radius: 8px; } .scroll table { border: 0; } .scroll thead th { position: sticky; top: 0; background: var(--card); color: var(--soft); font-weight: 500; }
td.num { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; } .none { color: var(--soft); }
nav { margin: 18px 0 0; display: flex; gap: 6px; } button, select { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 5px 12px; cursor: pointer; } button.on { background: var(--accent); color: #fff; border-color: var(--accent); }
nav { flex-wrap: wrap; } .legend { line-height: 1.9; }
@media (max-width: 640px) { main { padding: 18px 12px 60px; } .figures th { width: 96px; } .compare { display: block; overflow-x: auto; } .compare th, .compare td { white-space: nowrap; } .failures table { min-width: 560px; } .causes { grid-template-columns: 1fr; } .tiles { grid-template-columns: repeat(2, 1fr); } }
`;
