// SPDX-License-Identifier: Apache-2.0

/// The page of a run, as a Mustache template over ``RunPage``. Text in double braces is escaped: a guest wrote some of it.
enum RunPageTemplate {
    static let html = #"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-{{nonce}}'; script-src 'nonce-{{nonce}}'; base-uri 'none'; form-action 'none'">
        <title>{{word}}: {{title}}</title>
        <style nonce="{{nonce}}">{{{css}}}</style>
        </head>
        <body>
        <header class="{{style}}">
        <p class="verdict">{{word}}</p>
        <h1>{{title}}</h1>
        <p class="sub">{{subtitle}}</p>
        {{#reason}}<p class="reason">{{.}}</p>{{/reason}}
        </header>
        <dl class="facts">
        {{#facts}}<div><dt>{{name}}</dt><dd>{{value}}</dd></div>{{/facts}}
        </dl>
        <nav><a href="#timeline">Timeline</a> <a href="#energy">Energy</a> <a href="#log">Kernel log</a></nav>
        <main>
        {{#hasCards}}
        <section id="findings"><h2>Findings</h2>
        {{#cards}}
        <article class="card">
        <h3>{{title}}</h3>
        <p class="tags"><span>{{kind}}</span>{{#location}}<span class="place">{{.}}</span>{{/location}}{{#seen}}<span>{{.}}</span>{{/seen}}</p>
        {{#rule}}<p class="rule">{{.}}</p>{{/rule}}
        {{#hasSource}}<table class="source"><tbody>{{#source}}<tr class="{{style}}"><td>{{number}}</td><td>{{text}}</td></tr>{{/source}}</tbody></table>{{/hasSource}}
        {{#hasFrames}}
        <h4>Stack, innermost first</h4>
        <ol class="stack">{{#frames}}<li class="{{kind}}">{{#hasCode}}<details{{#isOpen}} open{{/isOpen}}><summary>{{/hasCode}}<code><b>{{name}}</b>{{symbol}}</code>{{#place}} <span class="place">{{.}}</span>{{/place}}{{#remark}} <small>{{.}}</small>{{/remark}}{{#hasCode}}</summary><table class="source"><tbody>{{#code}}<tr class="{{style}}"><td>{{number}}</td><td>{{text}}</td></tr>{{/code}}</tbody></table></details>{{/hasCode}}</li>{{/frames}}</ol>
        {{/hasFrames}}
        <details open><summary>Evidence</summary>
        <pre>{{#evidence}}{{.}}
        {{/evidence}}</pre>
        {{#more}}<p class="faint">{{.}}</p>{{/more}}</details>
        {{#hasConsequences}}<p class="faint">What came after it, and may well be its consequence:</p><ul>{{#consequences}}<li>{{.}}</li>{{/consequences}}</ul>{{/hasConsequences}}
        </article>
        {{/cards}}
        {{#cardsLeft}}<p class="faint">{{.}}</p>{{/cardsLeft}}
        </section>
        {{/hasCards}}
        {{#hasExpected}}<section><h2>Expected, and found</h2><ul>{{#expected}}<li>{{.}}</li>{{/expected}}</ul></section>{{/hasExpected}}
        <section id="timeline"><h2>Timeline</h2>
        {{#timeline}}
        <div class="wide"><svg viewBox="0 0 1000 {{height}}" role="img" aria-label="Steps, CPU time, records and kernel log by the guest's clock">
        {{#lanes}}<text class="lane" x="{{x}}" y="{{y}}">{{text}}</text>{{/lanes}}
        {{#bars}}<rect class="bar {{style}}" x="{{x}}" y="{{y}}" width="{{width}}" height="{{height}}" rx="3"/><text class="name" x="{{textX}}" y="{{textY}}" text-anchor="{{anchor}}">{{label}}</text>{{/bars}}
        <path class="load" d="{{load}}"/>
        {{#ticks}}<line class="tick {{style}}" x1="{{x}}" x2="{{x}}" y1="{{y1}}" y2="{{y2}}"/>{{/ticks}}
        <line class="axis" x1="86" x2="1000" y1="{{axisY}}" y2="{{axisY}}"/>
        {{#axis}}<text class="time" x="{{x}}" y="{{y}}">{{text}}</text>{{/axis}}
        </svg></div>
        <p class="faint">{{note}}Times are the guest's, as in its kernel log. CPU time is that of tasks with a record, spread over each one's life; the full height is all CPUs. In the log, warnings are amber and errors red.</p>
        {{/timeline}}
        {{^timeline}}<p class="faint">No step of the scenario has begun.</p>{{/timeline}}
        <ol class="steps">{{#steps}}<li class="depth{{indent}}"><span class="{{style}}">{{mark}}</span><span>{{name}}{{#message}}<small>{{.}}</small>{{/message}}</span><span class="number">{{time}}</span></li>{{/steps}}</ol>
        {{#stepsLeft}}<p class="faint">{{.}}</p>{{/stepsLeft}}
        </section>
        <section id="energy"><h2>Energy per process</h2>
        <p>{{energyNote}}</p>
        {{#hasProcesses}}
        <div class="wide"><table class="data"><thead><tr><th>process</th><th>pid</th><th>CPU time</th><th>energy µJ</th><th class="plot"></th>{{#events}}<th>{{.}}</th>{{/events}}<th>flags</th></tr></thead>
        <tbody>{{#processes}}<tr><td>{{name}}</td><td class="number">{{pid}}</td><td class="number">{{time}}</td><td class="number">{{energy}}</td><td class="plot"><svg viewBox="0 0 100 10" preserveAspectRatio="none"><rect x="0" y="1" height="8" width="{{share}}" rx="1"/></svg></td>{{#counts}}<td class="number">{{.}}</td>{{/counts}}<td class="faint">{{flags}}</td></tr>{{/processes}}</tbody></table></div>
        {{#hasOthers}}<details><summary>{{othersCount}} more</summary><div class="wide"><table class="data"><tbody>{{#others}}<tr><td>{{name}}</td><td class="number">{{pid}}</td><td class="number">{{time}}</td><td class="number">{{energy}}</td><td class="plot"><svg viewBox="0 0 100 10" preserveAspectRatio="none"><rect x="0" y="1" height="8" width="{{share}}" rx="1"/></svg></td>{{#counts}}<td class="number">{{.}}</td>{{/counts}}<td class="faint">{{flags}}</td></tr>{{/others}}</tbody></table></div></details>{{/hasOthers}}
        {{#processesLeft}}<p class="faint">{{.}}</p>{{/processesLeft}}
        {{/hasProcesses}}
        {{^hasProcesses}}<p class="faint">No record came.</p>{{/hasProcesses}}
        <dl class="judged">{{#judged}}<div><dt>{{name}}</dt><dd>{{value}}</dd></div>{{/judged}}</dl>
        </section>
        {{#hasNotes}}<section><h2>Notes</h2><ul>{{#notes}}<li>{{.}}</li>{{/notes}}</ul></section>{{/hasNotes}}
        {{#wordsLeft}}<p class="faint">{{.}}</p>{{/wordsLeft}}
        <section id="log"><h2>Kernel log</h2>
        {{#hasLog}}
        <p class="find" hidden><input type="search" id="find" placeholder="Show lines with ..." aria-label="Show lines with"><span id="count" class="faint"></span></p>
        {{#logNote}}<p class="faint">{{.}}</p>{{/logNote}}
        <div class="log" id="lines" tabindex="0">{{#log}}<div class="{{style}}">{{text}}</div>{{/log}}</div>
        {{/hasLog}}
        {{^hasLog}}<p class="faint">There is none.</p>{{/hasLog}}
        </section>
        </main>
        <footer>
        <p>Time of the host: {{#phases}}{{name}} {{value}} · {{/phases}}evidence in <code>{{directory}}</code></p>
        <p>pacctlab</p>
        </footer>
        <script nonce="{{nonce}}">{{{script}}}</script>
        </body>
        </html>

        """#
}
