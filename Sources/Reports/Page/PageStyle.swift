// SPDX-License-Identifier: Apache-2.0

/// How pages look: one column that is as good on a phone as on a wall, light or dark as the reader has it.
public enum PageStyle {
    /// The style sheet.
    public static let css = """
        :root{--paper:#fbfbf9;--card:#fff;--ink:#1c2024;--faint:#646b73;--line:#dfe2e0;--ok:#1a7f4b;--bad:#c2301c;--odd:#855800;--accent:#2f6fb0;--soft:#eef1ef}
        @media (prefers-color-scheme:dark){:root{--paper:#14171a;--card:#1c2024;--ink:#e4e7e9;--faint:#98a1a9;--line:#30363c;--ok:#4cc38a;--bad:#ff8a75;--odd:#e2b04a;--accent:#78b0ec;--soft:#23282d}}
        *{box-sizing:border-box}
        body{margin:0 auto;max-width:1080px;padding:1rem clamp(.8rem,3vw,2rem) 3rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
        header{border-left:6px solid var(--accent);padding:.2rem 0 .2rem 1rem;margin:1rem 0}
        header.passed{border-color:var(--ok)}header.failed{border-color:var(--bad)}header.inconclusive{border-color:var(--odd)}
        .verdict{margin:0;font-weight:700;letter-spacing:.08em;text-transform:uppercase;font-size:.9rem}
        .passed .verdict,.passed{color:var(--ok)}.failed .verdict,span.failed{color:var(--bad)}.inconclusive .verdict,span.inconclusive{color:var(--odd)}
        header.passed,header.failed,header.inconclusive{color:var(--ink)}
        h1{margin:0;font-size:clamp(1.4rem,5vw,2rem);line-height:1.2}
        h2{font-size:1.15rem;margin:2.2rem 0 .6rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}
        h3{font-size:1.05rem;margin:0 0 .3rem}
        .sub,.faint,footer{color:var(--faint)}.sub{margin:.2rem 0 0}.faint,small,footer{font-size:.86rem}
        .reason{margin:.6rem 0 0;font-weight:600}
        .facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));background:var(--card);border:1px solid var(--line);border-radius:8px;overflow:hidden;margin:1rem 0}
        .facts div{padding:.45rem .7rem;box-shadow:0 0 0 .5px var(--line)}
        dt{color:var(--faint);font-size:.8rem}dd{margin:0;font-variant-numeric:tabular-nums}
        .judged{margin:1rem 0}.judged div{display:grid;grid-template-columns:6rem 1fr;gap:.8rem;padding:.25rem 0}
        nav{display:flex;gap:1.2rem;font-size:.92rem}a{color:var(--accent)}
        .card{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--bad);border-radius:8px;padding:.9rem 1rem;margin:0 0 1rem}
        .tags{display:flex;flex-wrap:wrap;gap:.4rem;margin:.2rem 0}.tags span{background:var(--soft);border-radius:5px;padding:0 .45rem;font-size:.84rem}
        .place,code,pre,.source,.log{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
        .rule{margin:.5rem 0;padding-left:.7rem;border-left:3px solid var(--odd)}
        pre,.source,.log{font-size:.78rem;line-height:1.45;background:var(--soft);border-radius:6px}
        pre{padding:.6rem .8rem;overflow-x:auto;margin:.4rem 0;max-height:28rem;overflow-wrap:normal}
        summary{cursor:pointer;color:var(--faint);font-size:.9rem}
        .source{border-collapse:collapse;width:100%;margin:.5rem 0;display:block;overflow-x:auto;overflow-wrap:normal}
        .source td{padding:0 .7rem;white-space:pre;tab-size:4}.source td:last-child{width:100%}.source td:first-child{color:var(--faint);text-align:right;user-select:none}
        .source .guilty td{background:color-mix(in srgb,var(--bad) 18%,transparent);color:var(--ink);font-weight:600}
        h4{font-size:.9rem;margin:.8rem 0 .2rem;color:var(--faint);font-weight:500}
        .stack{list-style:none;margin:.2rem 0 .8rem;padding:0}.stack li{padding:.12rem 0 .12rem .7rem;border-left:3px solid var(--line)}
        .stack .module{border-color:var(--bad)}.stack summary{color:var(--ink)}.stack code{font-size:.84rem}.stack b{font-weight:600}
        .stack .kernel,.stack .guess{color:var(--faint)}.stack .kernel b,.stack .guess b{font-weight:400}.stack .place{font-size:.84rem;color:var(--accent)}
        .wide{overflow-x:auto;overflow-wrap:normal}.wide>svg{min-width:720px;width:100%;display:block}
        svg text{fill:var(--ink);font:11px system-ui,sans-serif}svg .lane,svg .time{fill:var(--faint)}svg .time{text-anchor:middle}
        .bar{fill:color-mix(in srgb,var(--ok) 40%,var(--card))}.bar.failed{fill:color-mix(in srgb,var(--bad) 55%,var(--card))}.bar.inconclusive{fill:color-mix(in srgb,var(--odd) 45%,var(--card))}
        .load{fill:color-mix(in srgb,var(--accent) 35%,transparent);stroke:var(--accent);stroke-width:1}
        .tick{stroke-width:1;stroke:var(--faint);opacity:.5}.tick.record{stroke:var(--accent);opacity:.7}.tick.warn{stroke:var(--odd);stroke-width:2;opacity:1}.tick.bad{stroke:var(--bad);stroke-width:2;opacity:1}.axis{stroke:var(--line)}
        .steps{list-style:none;margin:.6rem 0 0;padding:0;border-top:1px solid var(--line)}
        .steps li{display:grid;grid-template-columns:1.4rem 1fr auto;gap:.4rem;padding:.28rem 0;border-bottom:1px solid var(--line)}
        .steps small{display:block;color:var(--faint)}
        .depth1{padding-left:1.2rem!important}.depth2{padding-left:2.4rem!important}.depth3{padding-left:3.6rem!important}.depth4,.depth5,.depth6{padding-left:4.8rem!important}
        .number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        .data{border-collapse:collapse;width:100%;font-size:.86rem}.data th{text-align:right;color:var(--faint);font-weight:500}.data th:first-child{text-align:left}
        .data th,.data td{padding:.22rem .6rem;border-bottom:1px solid var(--line);white-space:nowrap}
        .data td:first-child,.data th:first-child{position:sticky;left:0;background:var(--paper)}
        .data .plot{min-width:9rem;width:30%}.plot svg{width:100%;height:.8rem;display:block}.plot rect{fill:var(--accent)}
        .find{display:flex;flex-wrap:wrap;gap:.8rem;align-items:center}.find[hidden]{display:none}
        input{font:inherit;padding:.4rem .7rem;border:1px solid var(--line);border-radius:6px;background:var(--card);color:var(--ink);flex:1 1 14rem;max-width:30rem}
        .log{padding:.6rem .8rem;max-height:36rem;overflow:auto}.log div{white-space:pre-wrap}
        .log .bad{color:var(--bad);font-weight:600}.log .warn{color:var(--odd)}.log .dbg{color:var(--faint)}.log .cut{color:var(--faint);font-style:italic}
        footer{margin-top:3rem;border-top:1px solid var(--line)}
        :focus-visible{outline:2px solid var(--accent);outline-offset:2px}
        @media print{.log,pre{max-height:none}nav,.find{display:none!important}}
        """

    /// The script of a run's page. Without it the log is there all the same, and the browser's own search finds what is in it.
    public static let script = """
        (()=>{const f=document.getElementById('find');if(!f)return;
        f.parentElement.hidden=false;
        const lines=[...document.getElementById('lines').children],count=document.getElementById('count');
        let timer;const show=()=>{const w=f.value.toLowerCase();let n=0;
        for(const l of lines){const hit=!w||l.textContent.toLowerCase().includes(w);l.hidden=!hit;if(hit)n++}
        count.textContent=w?n+' of '+lines.length+' lines':''};
        f.addEventListener('input',()=>{clearTimeout(timer);timer=setTimeout(show,120)})})();
        """
}
