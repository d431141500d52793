/** What this page has beside the style of a backtest's. */
export const EVALUATION_STYLE = `
main { max-width: 1040px }
main > p.facts { font-size: 14px }
.verdict { border-left: 6px solid var(--line-6); font-size: 18px; color: var(--ink) } .verdict p { color: var(--ink) }
.verdict.good { border-left-color: var(--line-2) } .verdict.bad { border-left-color: var(--line-1) } .verdict.open { border-left-color: var(--line-7) }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 200px), 1fr)); gap: 12px; margin-top: 16px }
.cards div { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 12px 14px }
.cards b { display: block; font-size: 24px; font-weight: 600; font-variant-numeric: tabular-nums } .cards span { color: var(--quiet); font-size: 13px }
section ol, section ul { margin: 4px 0; padding-left: 22px } section li { margin: 6px 0; overflow-wrap: anywhere }
section ul { color: var(--quiet); font-size: 14px }
.reasons td:last-child, .reasons th:last-child { white-space: normal; min-width: 190px; text-align: left }
.cards i { font-style: normal; font-size: 13px; color: var(--ink); font-variant-numeric: tabular-nums }
svg { display: block; width: 100%; height: auto; max-width: 560px } svg text { fill: var(--quiet); font: 12px var(--font) }
svg .rule { stroke: var(--rule) } svg .line { fill: none; stroke-width: 2 } svg .dashed { stroke-dasharray: 5 4; stroke: var(--quiet) !important; stroke-width: 1.5 }
dl { margin: 0 } dt { font-weight: 600; margin-top: 8px } dd { margin: 0; color: var(--quiet) }
`
