"""The report's style sheet: light and dark, wide and narrow, and on paper."""

STYLE = """
:root { --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --paper: #fff; --shade: #f6f8fa;
  --ok: #116329; --bad: #a40e26; --okbg: #dafbe1; --badbg: #ffebe9; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9aa4af; --line: #30363d;
  --paper: #0d1117; --shade: #161b22; --ok: #56d364; --bad: #ff8a80; --okbg: #0f2a18;
  --badbg: #3a1214; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
header { padding: 1rem 1.25rem; border-left: 6px solid; border-radius: 4px; }
header.passed { background: var(--okbg); border-color: var(--ok); }
header.failed { background: var(--badbg); border-color: var(--bad); }
header p { margin: 0; overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 2rem; line-height: 1.2; }
.passed h1, .ok { color: var(--ok); }
.failed h1, .bad { color: var(--bad); }
h2 { margin: 2rem 0 .5rem; font-size: 1.15rem; }
div[tabindex] { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; font-weight: normal; }
thead th { color: var(--soft); font-size: .85rem; white-space: nowrap; }
td { white-space: nowrap; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
small { display: block; color: var(--soft); white-space: pre-line; overflow-wrap: anywhere; }
pre { padding: .75rem 1rem; background: var(--shade); border: 1px solid var(--line);
  border-radius: 4px; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) { main { padding: 0 .75rem 2rem; } dl { grid-template-columns: 1fr; }
  dd { margin-bottom: .5rem; } .wide { display: none; }
  th, td { padding: .3rem .25rem; font-size: .8rem; }
  th[scope=row] { overflow-wrap: anywhere; } }
@media print { div[tabindex] { overflow: visible; } tr { break-inside: avoid; } }
"""
