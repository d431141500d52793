/** Light and dark, narrow and wide. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --font: system-ui, sans-serif; --paper: #fff; --card: #f6f7f9; --ink: #1b1f24; --quiet: #5b6470; --rule: #dfe3e8;
  --line-0: #1f6feb; --line-1: #c2410c; --line-2: #15803d; --line-3: #7c3aed; --line-4: #0e7490; --line-5: #be185d; --line-6: #6b7280; --line-7: #a16207 }
@media (prefers-color-scheme: dark) { :root { --paper: #0f1318; --card: #171c23; --ink: #e6e9ee; --quiet: #9aa4b1; --rule: #2b333d;
  --line-0: #6ea8fe; --line-1: #fb923c; --line-2: #4ade80; --line-3: #c4a1ff; --line-4: #22d3ee; --line-5: #f472b6; --line-6: #9ca3af; --line-7: #facc15 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 var(--font) }
main { max-width: 1180px; margin: 0 auto; padding: 24px 16px 64px }
h1 { font-size: 24px; margin: 0 0 4px } h2 { font-size: 17px; margin: 0 0 8px }
p { margin: 4px 0; color: var(--quiet) }
section { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 16px; margin-top: 16px; min-width: 0 }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 16px } .two section { margin-top: 0 } .two { margin-top: 16px }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums }
th, td { text-align: right; padding: 5px 8px; border-bottom: 1px solid var(--rule); white-space: nowrap }
th { color: var(--quiet); font-weight: 500 } th:first-child, td:first-child { text-align: left } tr.quiet td { color: var(--quiet) }
.bars { display: grid; grid-template-columns: minmax(0, max-content) minmax(60px, 1fr) max-content; gap: 6px 10px; align-items: center; font-size: 14px }
.bars span { overflow-wrap: anywhere } .bars i { display: block; height: 12px; border-radius: 3px; background: var(--line-0) } .bars b { font-weight: 400; font-variant-numeric: tabular-nums; color: var(--quiet) }
.u-legend { font-size: 13px; text-align: left !important } .u-legend th, .u-legend td { border: 0; padding: 2px 4px; text-align: left; color: var(--ink); white-space: normal } .u-legend.u-inline .u-series { margin-right: 6px }
`
