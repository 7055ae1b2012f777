"""A headless Chromium, driven through its debugging pipe with nothing but Python's own library."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time

NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"]


def installed():
    """The program, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    """One browser with one page."""

    def __init__(self, program):
        to_browser, self.out = os.pipe()
        self.incoming, from_browser = os.pipe()

        # The browser reads from descriptor 3 and writes to 4, wherever its ends are now.
        def ends():
            reader, writer = os.dup(to_browser), os.dup(from_browser)
            os.dup2(reader, 3)
            os.dup2(writer, 4)

        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        flags = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
            "--force-color-profile=srgb", "--no-first-run", "--disable-background-networking", "--disable-sync",
            f"--user-data-dir={self.profile.name}", "--remote-debugging-pipe", "about:blank",
        ]
        self.process = subprocess.Popen(
            [program, *flags], preexec_fn=ends, pass_fds=(3, 4, to_browser, from_browser), stderr=subprocess.DEVNULL
        )
        os.close(to_browser)
        os.close(from_browser)
        self.rest, self.number, self.events = b"", 0, []
        pages = self.command("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in pages if target["type"] == "page")
        self.session = self.command("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.command(f"{domain}.enable")

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        self.profile.cleanup()

    def _message(self):
        while b"\0" not in self.rest:
            more = os.read(self.incoming, 1 << 20)
            if not more:
                raise RuntimeError("the browser has ended")
            self.rest += more
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def command(self, method, **parameters):
        """What a command of the protocol answers; events on the way are kept."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if hasattr(self, "session"):
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def run(self, script):
        """The value of a JavaScript expression; promises are waited for."""
        answer = self.command("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{script}: {answer['exceptionDetails']['exception'].get('description')}")
        return answer["result"].get("value")

    def size(self, width, height, dark=False):
        """A window of this size, of a reader who likes light or dark pages."""
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, url, scripts=True):
        """Loads a page; how many seconds it took until it was loaded and drawn."""
        self.events.clear()
        self.command("Emulation.setScriptExecutionDisabled", value=not scripts)
        start = time.monotonic()
        self.command("Page.navigate", url=url)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._message())
        if scripts:
            self.settle()
        return time.monotonic() - start

    def settle(self):
        """Waits until what is due has been drawn."""
        self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0))))")

    def complaints(self):
        """What the page wrote to the console as an error or a warning, or threw."""
        found = []
        for event in self.events:
            parameters = event.get("params", {})
            if event.get("method") == "Runtime.exceptionThrown":
                details = parameters["exceptionDetails"]
                found.append(details.get("exception", {}).get("description") or details["text"])
            elif event.get("method") == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
                found.append(parameters["entry"]["text"])
            elif event.get("method") == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning"):
                found.append(str(parameters["args"]))
        return found

    def point(self, x, y, kind="mouseMoved", buttons=0, shift=False):
        """Moves the mouse to a place in the window, presses or lets go."""
        button = "none" if kind == "mouseMoved" and not buttons else "left"
        self.command(
            "Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, buttons=buttons, clickCount=1,
            modifiers=8 if shift else 0,
        )

    def drag(self, start, end):
        """Draws a frame."""
        self.point(*start)
        self.point(*start, "mousePressed", 1)
        self.point((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, buttons=1)
        self.point(*end, buttons=1)
        self.point(*end, "mouseReleased")
        self.settle()

    def click(self, selector):
        """Clicks in the middle of an element."""
        x, y = self.middle(selector)
        self.point(x, y, "mousePressed", 1)
        self.point(x, y, "mouseReleased")
        self.settle()

    def middle(self, selector):
        """The middle of an element, once it is in sight."""
        return self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{ block: 'center' }});"
            " const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )

    def picture(self, path, whole=False):
        """A screenshot of what is in sight, or of the whole page."""
        image = self.command("Page.captureScreenshot", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(image["data"]))

    def printed(self, path=None):
        """The page as PDF; how many pages of paper it has."""
        pdf = base64.b64decode(self.command("Page.printToPDF", printBackground=True)["data"])
        if path:
            with open(path, "wb") as file:
                file.write(pdf)
        return pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page/") + pdf.count(b"/Type/Page/")
