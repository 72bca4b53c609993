// SPDX-License-Identifier: Apache-2.0

/// What is around every page.
enum Layout {
    static let name = "layout"

    static let template = #"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <link rel="icon" href="data:,">
        <title>{{title}} · pacctlab</title>
        <style nonce="{{nonce}}">{{{css}}}</style>
        {{#live}}<noscript><meta http-equiv="refresh" content="30"></noscript>{{/live}}
        </head>
        <body{{#live}} data-live="{{.}}"{{/live}}>
        <nav class="crumbs" aria-label="Where this is"><a href="/">campaigns</a>{{#crumbs}}<span aria-hidden="true">/</span><a href="{{href}}">{{text}}</a>{{/crumbs}}</nav>
        <main id="live">
        {{$content}}{{/content}}
        </main>
        <footer><p>pacctlab · times are UTC · <a href="/api/openapi.json">API</a> · <a href="/metrics">metrics</a></p></footer>
        {{#live}}<script nonce="{{nonce}}">{{{script}}}</script>{{/live}}
        </body>
        </html>

        """#

    static let css = """

        body{max-width:1240px}
        .crumbs{flex-wrap:wrap;gap:.2rem .5rem;color:var(--faint)}
        nav.links{flex-wrap:wrap;gap:.2rem 1.2rem;margin:.8rem 0}
        .plain th,.plain td{text-align:left}.data th.left,.data td.left{text-align:left}.data td.wrap{white-space:normal;min-width:14rem}
        .data th.number{text-align:right}
        .range{width:10rem;min-width:8rem}.range svg{width:100%;height:.9rem;display:block}
        .range .span{fill:color-mix(in srgb,var(--accent) 45%,transparent)}.range .mid{fill:var(--accent)}.range .target{fill:var(--bad)}
        .progress{margin:.8rem 0}.progress svg{width:100%;height:.7rem;display:block;border-radius:5px;background:var(--soft)}
        .progress .ok{fill:var(--ok)}.progress .bad{fill:var(--bad)}.progress .odd{fill:var(--odd)}.progress .time{fill:var(--accent)}
        .history svg{width:100%;height:6rem;display:block}.history rect{fill:var(--accent)}.history .axis{stroke:var(--line)}
        .badge{display:inline-block;background:var(--soft);border-radius:5px;padding:0 .5rem;font-size:.84rem}
        .worse{color:var(--bad)}.better{color:var(--ok)}
        form.filter{display:flex;flex-wrap:wrap;gap:.6rem 1rem;align-items:end;margin:1rem 0}
        form.filter label{display:grid;gap:.15rem;font-size:.84rem;color:var(--faint)}
        select,button{font:inherit;padding:.35rem .7rem;border:1px solid var(--line);border-radius:6px;background:var(--card);color:var(--ink);max-width:100%}
        button{cursor:pointer}form.filter button{font-size:.84rem}
        .card h3 a{color:inherit}
        """

    /// Puts what the server shows now in the place of what it showed. Without it the page is whole all the same. The style sheet
    /// is left out of what is read: it has the number of an answer that is not this one's.
    static let script = """
        (()=>{const c=document.body.dataset.live;if(!c||!window.EventSource)return;
        const s=new EventSource('/api/events?campaign='+encodeURIComponent(c));let busy=false,again=false;
        const load=async()=>{if(busy){again=true;return}busy=true;
        try{const r=await fetch(location.href,{headers:{accept:'text/html'}});
        if(r.ok){const t=(await r.text()).replace(/<style[^]*?<\\/style>/,''),d=new DOMParser().parseFromString(t,'text/html');
        const n=d.getElementById('live'),o=document.getElementById('live');
        if(n&&o){const f=[...o.querySelectorAll('details')].map(x=>x.open);n.querySelectorAll('details').forEach((x,i)=>x.open=f[i]);o.replaceWith(n);document.title=d.title}if(!d.body.dataset.live)s.close()}}catch(e){}
        setTimeout(()=>{busy=false;if(again){again=false;load()}},2000)};
        s.addEventListener('standing',load)})();
        """
}
