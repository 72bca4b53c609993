#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows pages in a headless Chromium, by its DevTools protocol over a pipe.

    browser.py CHROMIUM PROFILE

Standard input has one JSON object a line: {"url", "width", "dark", "script", "wait"}. For each, standard output gets one:
{"html", "text", "width", "paper", "log"}, "width" being how wide the page wants to be, "paper" the colour behind it, and
"log" what the browser complained of.
"wait" is a text that the page has to show, for half a minute at most; what it shows then is what is printed.
"""
import json
import os
import subprocess
import sys
import time

PATIENCE = 30


class Browser:
    def __init__(self, program, profile):
        theirs_in, self.out = os.pipe()
        self.inp, theirs_out = os.pipe()
        # The browser reads file 3 and writes file 4.
        command = [
            "sh", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "sh", program, "--headless=new",
            "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
            f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank",
        ]
        self.process = subprocess.Popen(
            command, pass_fds=(theirs_in, theirs_out), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.rest, self.last, self.session, self.log = b"", 0, None, []

    def read(self):
        while b"\0" not in self.rest:
            part = os.read(self.inp, 1 << 20)
            if not part:
                raise SystemExit("browser.py: the browser has ended")
            self.rest += part
        line, self.rest = self.rest.split(b"\0", 1)
        return json.loads(line)

    def call(self, method, **parameters):
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data):]
        while True:
            answer = self.read()
            if answer.get("id") == self.last:
                if "error" in answer:
                    raise SystemExit(f"browser.py: {method}: {answer['error']}")
                return answer["result"]
            self.note(answer)

    def note(self, event):
        if event.get("method") == "Log.entryAdded":
            self.log.append(event["params"]["entry"]["text"])
        elif event.get("method") == "Runtime.exceptionThrown":
            self.log.append(event["params"]["exceptionDetails"]["text"])
        elif event.get("method") == "Page.loadEventFired":
            self.loaded = True

    def value(self, expression):
        # Of the protocol, and not of the page: it works where the page itself may run nothing.
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def show(self, page):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.log, self.loaded = [], False
        for domain in ["Page", "Log", "Runtime"]:
            self.call(f"{domain}.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride", width=page["width"], height=900, deviceScaleFactor=1,
            mobile=page["width"] < 600)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if page["dark"] else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Emulation.setScriptExecutionDisabled", value=not page["script"])
        self.call("Page.navigate", url=page["url"])
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            text = self.value("document.body ? document.body.innerText : ''") or ""
            if self.loaded and page["wait"] in text:
                break
            time.sleep(0.1)
        result = {
            "html": self.value("document.documentElement.outerHTML"), "text": text,
            "width": self.value("document.documentElement.scrollWidth"),
            "paper": self.value("getComputedStyle(document.body).backgroundColor"), "log": self.log,
        }
        self.session = None
        self.call("Target.closeTarget", targetId=target)
        return result


def main():
    browser = Browser(sys.argv[1], sys.argv[2])
    try:
        for line in sys.stdin:
            print(json.dumps(browser.show(json.loads(line))), flush=True)
    finally:
        browser.process.kill()
        browser.process.wait()


main()
