// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import SystemPackage
import Testing

/// Chromium without a screen, which shows a page and says what became of it.
struct Browser {
    /// What a page looks like, measured by a script in it.
    struct Look: Decodable {
        /// A text, and how well it stands out from what is behind it, 1 to 21 (WCAG 2.2, "contrast ratio").
        struct Contrast: Decodable {
            let ratio: Double
            let text: String
        }

        let isDark: Bool
        /// Pixels of the window, and of what is in it.
        let width: Int
        let contentWidth: Int
        /// Texts that were looked at.
        let texts: Int
        /// Those that are hardest to read.
        let worst: [Contrast]
    }

    static let program = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Whether the reader prefers the dark.
    var isDark = false

    /// What the browser printed: the page after its script has run, and its log.
    func show(_ page: URL, _ arguments: [String]) async throws -> (page: String, log: String) {
        let profile = page.deletingLastPathComponent().appending(path: "profile").path
        let result = try await Subprocess.run(
            .path(FilePath(try #require(Self.program))),
            arguments: Arguments(
                [
                    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                    "--hide-scrollbars", "--user-data-dir=\(profile)", "--enable-logging=stderr",
                    "--virtual-time-budget=4000",
                ] + (isDark ? ["--force-dark-mode"] : []) + arguments + [page.absoluteString]),
            output: .string(limit: 32 << 20), error: .string(limit: 8 << 20))
        return (result.standardOutput, result.standardError)
    }

    /// How a page looks in a frame of that size. A window of this browser cannot be as narrow as a phone, a frame in it can.
    func look(of page: URL, width: Int, height: Int) async throws -> Look {
        let html = try String(contentsOf: page, encoding: .utf8)
        let nonce = try #require(html.firstMatch(of: /script-src 'nonce-([a-z0-9]+)'/)?.1)
        let folder = page.deletingLastPathComponent()
        let measured = html.replacing(
            "</body>", with: "<script nonce=\"\(nonce)\">\(Self.measuring)</script></body>")
        try Data(measured.utf8).write(to: folder.appending(path: "measured.html"))
        let frame = try self.frame("measured.html", in: folder, width: width, height: height)
        return try JSONDecoder().decode(Look.self, from: try await answer(of: frame))
    }

    /// How bright a page is in a frame of that size, on the whole: 0 is black, 1 is white.
    func brightness(of page: URL, width: Int, height: Int) async throws -> Double {
        let folder = page.deletingLastPathComponent()
        let frame = try self.frame(page.lastPathComponent, in: folder, width: width, height: height)
        let picture = folder.appending(path: "picture.png")
        _ = try await show(
            frame, ["--window-size=\(max(width, 500)),\(height)", "--screenshot=\(picture.path)"])
        let data = try Data(contentsOf: picture).base64EncodedString()
        let reader = folder.appending(path: "reader.html")
        let script = Self.averaging.replacing("WIDTH", with: "\(width)").replacing(
            "HEIGHT", with: "\(height)")
        try Data(
            "<!doctype html><body><img id=p src=\"data:image/png;base64,\(data)\"><script>\(script)</script></body>"
                .utf8
        ).write(to: reader)
        return try JSONDecoder().decode(Double.self, from: try await answer(of: reader))
    }

    // MARK: - pages around the page

    private func frame(_ page: String, in folder: URL, width: Int, height: Int) throws -> URL {
        let file = folder.appending(path: "frame.html")
        let html = """
            <!doctype html><body style="margin:0"><script>
            addEventListener('message',e=>{document.body.dataset.answer=encodeURIComponent(e.data)})
            </script><iframe src="\(page)" width="\(width)" height="\(height)" style="border:0"></iframe></body>
            """
        try Data(html.utf8).write(to: file)
        return file
    }

    private func answer(of page: URL) async throws -> Data {
        let shown = try await show(page, ["--window-size=1400,1000", "--dump-dom"])
        let answer = try #require(shown.page.firstMatch(of: /data-answer="([^"]+)"/)?.1, "\(shown.log)")
        return Data(try #require(String(answer).removingPercentEncoding).utf8)
    }

    /// Each visible text against what is painted behind it, all of it as the browser computes it.
    private static let measuring = #"""
        addEventListener('load',()=>{
        const c=document.createElement('canvas').getContext('2d',{willReadFrequently:true});
        const paint=list=>{c.clearRect(0,0,1,1);for(const f of list){c.fillStyle=f;c.fillRect(0,0,1,1)}return c.getImageData(0,0,1,1).data};
        const light=p=>{const [r,g,b]=[...p].slice(0,3).map(v=>{v/=255;return v<=0.04045?v/12.92:((v+0.055)/1.055)**2.4});return 0.2126*r+0.7152*g+0.0722*b};
        const texts=[];
        for(const e of document.querySelectorAll('body *')){
        const text=[...e.childNodes].filter(n=>n.nodeType==3).map(n=>n.data.trim()).join('');
        if(!text||!e.getClientRects().length||['SCRIPT','STYLE'].includes(e.tagName))continue;
        const behind=[];for(let p=e;p;p=p.parentElement)behind.unshift(getComputedStyle(p).backgroundColor);
        const own=getComputedStyle(e),ink=e.namespaceURI.endsWith('svg')?own.fill:own.color;
        const [a,b]=[light(paint(['white',...behind])),light(paint(['white',...behind,ink]))];
        texts.push({ratio:(Math.max(a,b)+0.05)/(Math.min(a,b)+0.05),text:e.tagName+' '+text.slice(0,40)})}
        texts.sort((a,b)=>a.ratio-b.ratio);
        parent.postMessage(JSON.stringify({isDark:matchMedia('(prefers-color-scheme:dark)').matches,width:innerWidth,
        contentWidth:document.documentElement.scrollWidth,texts:texts.length,worst:texts.slice(0,5)}),'*')})
        """#

    private static let averaging = """
        addEventListener('load',()=>{
        const k=document.createElement('canvas');k.width=WIDTH;k.height=HEIGHT;
        const c=k.getContext('2d');c.drawImage(document.getElementById('p'),0,0);
        const d=c.getImageData(0,0,WIDTH,HEIGHT).data;let s=0;
        for(let i=0;i<d.length;i+=4)s+=0.2126*d[i]+0.7152*d[i+1]+0.0722*d[i+2];
        document.body.dataset.answer=''+s/(d.length/4)/255})
        """
}
