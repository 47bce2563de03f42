/** The style sheet of a chart in a file of its own: light or dark by the reader's setting. */
import { FONT } from './metrics.js';

/** The sheet for `svgOf`. Dashes and words tell coverage too, not colour alone. */
export const fileStyle = `
svg{color-scheme:light dark;--paper:#fff;--box:#f3f5f8;--ink:#1f2328;--dim:#59636e;--line:#7d8590;--edge:#d1d9e0;--good:#1a7f37;--bad:#cf222e}
@media (prefers-color-scheme:dark){svg{--paper:#0d1117;--box:#1b212a;--ink:#e6edf3;--dim:#9198a1;--line:#8b949e;--edge:#3d444d;--good:#4ac26b;--bad:#ff7b72}}
text{font-family:${FONT};fill:var(--ink)}
.title{font-size:13px;font-weight:bold}
.outline{fill:var(--box);stroke:var(--line)}
.compound>.outline,.parallel>.outline{fill:var(--paper)}
.region>.outline{stroke-dasharray:5 4}
.double{fill:none;stroke:var(--line)}
.divider{stroke:var(--edge)}
.entry,.exit,.invoke,.tags,.ignored{fill:var(--dim)}
.ignored{font-style:italic}
.above text{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
.start,.head{fill:var(--line)}
.line{fill:none;stroke:var(--line);stroke-width:1.2}
.paper{fill:var(--paper)}
.unreachable .line{stroke-dasharray:1 4}
.missed .line{stroke:var(--bad);stroke-dasharray:7 4;stroke-width:1.6}
.missed .head{fill:var(--bad)}
.taken .line{stroke:var(--good);stroke-dasharray:none;stroke-width:1.8}
.taken .head{fill:var(--good)}
text.taken{fill:var(--good)}
text.missed{fill:var(--bad)}
text.unreachable{fill:var(--dim);font-style:italic}
`.replaceAll('\n', '');
