/**
 * The report of a check as one page: for people, and for whoever they send it to.
 *
 * Rule 1. The page is whole: no script, and nothing that another file or host must give.
 * Rule 2. It is read top-down: verdict, problems, other findings, facts.
 * Rule 3. What came from outside is text: `html` escapes it.
 */
import type { Finding } from '../machines/checks/index.js';
import type { Phases } from '../machines/index.js';
import { idlePicture, waterfall } from './checkPictures.js';
import { FAR_ENDS, SIGNS, VERDICTS } from './checkReport.js';
import { html, Markup } from './html.js';
import type { CheckResult } from './runCheck.js';

const STYLE = new Markup(`
:root{color-scheme:light dark;--paper:#fff;--box:#f3f5f8;--ink:#1f2328;--dim:#59636e;--edge:#d1d9e0;--good:#1a7f37;--bad:#cf222e;--note:#0969da}
@media (prefers-color-scheme:dark){:root{--paper:#0d1117;--box:#1b212a;--ink:#e6edf3;--dim:#9198a1;--edge:#3d444d;--good:#4ac26b;--bad:#ff7b72;--note:#79c0ff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1.5rem 1rem 4rem;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.25rem;margin:0;font-family:ui-monospace,monospace}
h2{font-size:1.1rem;margin:2.5rem 0 .75rem}
h3{font-size:1rem;margin:0;display:flex;flex-wrap:wrap;gap:.25rem .75rem;align-items:baseline}
.verdict{font-size:1.5rem;font-weight:600;margin:.25rem 0}
.ok,.good{color:var(--good)}.problem,.unreachable{color:var(--bad)}.note{color:var(--note)}.unknown,.dim{color:var(--dim)}
article{border:1px solid var(--edge);border-left:4px solid currentColor;border-radius:6px;padding:.75rem 1rem;margin:.75rem 0}
article>*{color:var(--ink)}
article p{margin:.35rem 0 .5rem}
article .sign{font-weight:700}article.ok .sign{color:var(--good)}article.problem .sign{color:var(--bad)}article.note .sign{color:var(--note)}article.unknown .sign{color:var(--dim)}
code,pre{font-family:ui-monospace,monospace;font-size:.875rem}
h3 .dim{font-weight:400;font-size:.875rem}
pre{background:var(--box);border-radius:6px;padding:.75rem;margin:.5rem 0 0;white-space:pre-wrap}
summary{cursor:pointer;color:var(--dim)}
svg{display:block;font-size:13px}svg text{fill:var(--ink)}
.track{fill:var(--box)}.phase{fill:var(--note)}.silent,.lost{fill:var(--bad)}.kept{fill:var(--good)}.mark{stroke:var(--dim);stroke-dasharray:3 3}
`);

/** The page of a result; `when` is the moment of the check. */
export function pageOf(result: CheckResult, when: Date): string {
  const { url, farEnd, verdict, findings } = result;
  const problems = findings.filter(({ status }) => status === 'problem');
  const others = findings.filter(({ status }) => status !== 'problem');
  const who = farEnd === null ? '' : `The far end is ${FAR_ENDS[farEnd]}. `;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Check of ${url}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<h1>${url}</h1>
<p class="verdict ${verdict}">${capital(VERDICTS[verdict])}</p>
<p class="dim">${who}Checked at ${when.toISOString()} by lockstep check.</p>
</header>
${sectionOf('Problems', problems)}
${phasesOf(findings)}
${idleOf(findings)}
${sectionOf('Other findings', others)}
</main>
</body>
</html>
`.text;
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function sectionOf(title: string, findings: readonly Finding[]): Markup {
  if (findings.length === 0) return html``;
  return html`<section>
<h2>${title}</h2>
${findings.map(articleOf)}
</section>`;
}

function articleOf({ experiment, status, blame, code, message, facts }: Finding): Markup {
  const by = blame === null ? '' : `by ${blame}`;
  return html`<article class="${status}">
<h3><span class="sign">${SIGNS[status]}</span> ${experiment} <span class="dim"><code>${code}</code> ${by}</span></h3>
<p>${message}</p>
<details><summary>Facts of ${code}</summary><pre tabindex="0">${linesOf(facts)}</pre></details>
</article>`;
}

/** The facts, one to a line. They may have come from outside, line by line too. */
function linesOf(facts: Finding['facts']): Markup {
  const lines = JSON.stringify(facts, null, 2).split('\n');
  return html`${new Markup(lines.map((line) => html`${line}`.text).join('\n'))}`;
}

function phasesOf(findings: readonly Finding[]): Markup {
  const phases = findings.map(({ facts }) => facts['phases'] as Phases | undefined).find(Boolean);
  const picture = phases === undefined ? html`` : waterfall(phases);
  if (picture.text === '') return picture;
  return html`<section>
<h2>The opening, phase by phase</h2>
${picture}
</section>`;
}

function idleOf(findings: readonly Finding[]): Markup {
  const idle = findings.find(({ experiment }) => experiment === 'idle');
  const picture = idle === undefined ? html`` : idlePicture(idle.facts);
  if (picture.text === '') return picture;
  return html`<section>
<h2>How long silence is borne</h2>
${picture}
</section>`;
}
